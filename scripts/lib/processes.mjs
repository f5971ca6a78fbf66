// Ends processes that we started, with all that descends from them. A pid alone may have been given to somebody else in
// the meantime; with its start time it names one process.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sends SIGTERM to a process (and to its group, where it leads one), waits, and then kills what is left of its tree. */
export async function endTree(pid, graceMs = 3_000) {
  const tree = [pid, ...descendants(pid)].map(identify).filter((one) => one !== undefined);
  // What is ending may start one more: VS Code does so where the process of its terminals ends before itself.
  const left = () => {
    const known = tree.filter(runs).map((one) => one.pid);
    return known.length > 0 ? known : groupOf(tree[0]);
  };
  signalGroup(pid, 'SIGTERM');
  if (await ended(left, graceMs)) return;
  for (const one of left()) send(one, 'SIGKILL');
  await ended(left, graceMs);
}

/** Pids of those that run in the group that a process leads, or led; none where its pid is somebody else's by now. */
function groupOf(leader) {
  const now = leader && identify(leader.pid);
  if (!leader || (now && now.startTime !== leader.startTime)) return [];
  return allPids().filter((pid) => isRunning(pid) && readStat(pid)?.group === leader.pid);
}

export function descendants(pid) {
  const children = new Map();
  for (const child of allPids()) {
    const stat = readStat(child);
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), child]);
  }
  const below = (parent) => (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** Pids of processes that name a path on their command line or in their environment, as far as we may read them. */
export function processesNaming(text) {
  const names = (path) => readText(path).includes(text);
  return allPids()
    .filter((pid) => pid !== process.pid)
    .filter((pid) => names(`/proc/${pid}/cmdline`) || names(`/proc/${pid}/environ`));
}

function allPids() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

export function commandLine(pid) {
  return readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

async function ended(left, timeoutMs) {
  for (const end = Date.now() + timeoutMs; left().length > 0; await sleep(25)) {
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
  return text
    ? { state: fields[0], parent: Number(fields[1]), group: Number(fields[2]), startTime: fields[19] }
    : undefined;
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
