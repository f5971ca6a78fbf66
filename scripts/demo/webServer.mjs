// The demo's web server. It listens on 127.0.0.1 of its own network namespace: nothing outside can reach it.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

createServer((_, response) => response.end(`Hello from inside ${hostname()}\n`)).listen(8080, '127.0.0.1');
