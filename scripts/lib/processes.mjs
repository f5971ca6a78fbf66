// Ends processes that we started, with all that descends from them. A pid alone may have been given to somebody else in
// the meantime; with its start time it names one process.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sends SIGTERM to a process (and to its group, where it leads one), waits, and then kills what is left of its tree. */
export async function endTree(pid, graceMs = 3_000) {
  const tree = [pid, ...descendants(pid)].map(identify).filter((one) => one !== undefined);
  signalGroup(pid, 'SIGTERM');
  if (await ended(tree, graceMs)) return;
  for (const one of tree.filter(runs)) send(one.pid, 'SIGKILL');
  await ended(tree, graceMs);
}

export function descendants(pid) {
  const children = new Map();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readStat(entry) : undefined;
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(entry)]);
  }
  const below = (parent) => (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** Pids of processes that name a path on their command line or in their environment, as far as we may read them. */
export function processesNaming(text) {
  const names = (path) => readText(path).includes(text);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => names(`/proc/${entry}/cmdline`) || names(`/proc/${entry}/environ`))
    .map(Number);
}

export function commandLine(pid) {
  return readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

async function ended(tree, timeoutMs) {
  for (const end = Date.now() + timeoutMs; tree.some(runs); await sleep(25)) {
    if (Date.now() > end) return false;
  }
  return true;
}

function identify(pid) {
  const stat = readStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

/** A zombie does not run: it only waits for its parent to read its exit code. */
export function isRunning(pid) {
  const stat = readStat(pid);
  return stat !== undefined && !/[ZX]/.test(stat.state);
}

function runs({ pid, startTime }) {
  return isRunning(pid) && readStat(pid)?.startTime === startTime;
}

/** proc_pid_stat(5): the second field, the name, is in parentheses and may itself hold spaces and parentheses. */
function readStat(pid) {
  const text = readText(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return text ? { state: fields[0], parent: Number(fields[1]), startTime: fields[19] } : undefined;
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function signalGroup(pid, name) {
  send(-pid, name);
  send(pid, name);
}

function send(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Gone already; or root's own, such as a sudo in a terminal, which ends when its terminal does.
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
  }
}
