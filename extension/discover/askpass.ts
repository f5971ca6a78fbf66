// What sudo runs to get a password (sudo(8), -A): passes sudo's prompt to the extension and the person's answer back to sudo,
// by a socket in a folder that only the user can enter. A bundle of its own; keeps, logs and knows nothing.
// Usage: askpass.js =PROMPT, which so is no option that Node takes for its own, with NS_ASKPASS_SOCKET and NS_ASKPASS_KEY in the environment
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import * as v from 'valibot';
import { AskpassAnswer, type AskpassQuestion } from './askpassMessages';

const socket = connect(process.env['NS_ASKPASS_SOCKET'] ?? '');
const question: AskpassQuestion = { key: process.env['NS_ASKPASS_KEY'] ?? '', prompt: process.argv[2]?.slice(1) ?? '' };
let text = '';
// To sudo, any code but 0 means that there is no password.
process.exitCode = 1;
socket.setEncoding('utf8');
socket.on('connect', () => socket.write(`${JSON.stringify(question)}\n`));
socket.on('data', (chunk: string) => (text += chunk));
socket.on('end', () => {
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), AskpassAnswer), text);
  if (!answer.success || answer.output.password === null) return;
  writeSync(1, `${answer.output.password}\n`);
  process.exitCode = 0;
});
socket.on('error', () => {
  process.stderr.write('Namespaces: the extension that asked for this is gone\n');
});
