// Asks the server that only listens on 127.0.0.1 of the container's network.
const answer = await fetch('http://127.0.0.1:8080/');
console.log(await answer.text());
