// Answers as a Docker engine with many containers would. Usage: node engine.cjs SOCKET HOW-MANY-RUN HOW-MANY-DO-NOT
const { createServer } = require('node:http');

const [path, running, stopped] = process.argv.slice(2);
const idOf = (n) => n.toString(16).padStart(64, '0');
const nameOf = (n) => `/container-${n}`;
/** Of those that run: the processes that the scan tells of, but for the first, in the place of which others come (pipeline.ts). */
const pidOf = (n) => 1000 + 3 * n;
const Labels = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`org.example.label.${n}`, 'x'.repeat(40)]));
const all = Array.from({ length: Number(running) + Number(stopped) }, (_, n) => ({
  Id: idOf(n),
  Names: [nameOf(n)],
  Image: 'registry.example/image:latest',
  State: n < running ? 'running' : 'exited',
  Labels,
  Mounts: [],
  NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2', NetworkID: idOf(n) } } },
}));
const list = JSON.stringify(all);

createServer(({ url }, response) => {
  const id = /^\/containers\/([0-9a-f]{64})\/json$/.exec(url)?.[1];
  if (url.startsWith('/containers/json')) response.end(list);
  // They go on: nothing happens.
  else if (url.startsWith('/events')) response.flushHeaders();
  else if (id === undefined) response.end('{}');
  else {
    const n = parseInt(id, 16);
    const Config = { Image: 'image', Labels, Env: Array(50).fill(`VARIABLE=${'x'.repeat(80)}`) };
    response.end(JSON.stringify({ Id: id, Name: nameOf(n), Config, State: { Status: 'running', Pid: pidOf(n) } }));
  }
}).listen(path, () => console.log('listens'));
