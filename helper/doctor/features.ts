// What people want to do, and which findings each of it stands on. Pure: findings in, features out.
import type { Finding } from './doctor';

export interface Feature {
  name: string;
  /** The worst state among what it needs. */
  state: Finding['state'];
  /** Ids of the findings that are not all right. */
  lacks: string[];
}

const NEEDS: readonly (readonly [name: string, findings: readonly string[]])[] = [
  ["enter containers of root's and of other users", ['namespace-types', 'pidfd', 'rights', 'sudo', 'runtime']],
  ["enter one's own rootless containers without sudo", ['namespace-types', 'pidfd', 'ptrace-scope', 'memory-programs']],
  ['join and make user and time namespaces', ['namespace-types', 'memory-programs']],
  ['new namespaces without sudo', ['user-namespaces', 'memory-programs']],
  ['/proc of joined processes, with the files of the host', ['proc-of-joined-pid']],
  ["the container's security label, with --as target", ['lsm']],
  ['list what runs without sudo', ['hidepid']],
  ['keep programs of a container from typing into the terminal', ['terminal-input']],
  ['let users join without a password (ns-helper install --allow)', ['sudo', 'visudo', 'runtime', 'installed']],
];

export function featuresOf(findings: readonly Finding[]): Feature[] {
  return NEEDS.map(([name, needs]) => {
    const lacking = findings.filter(({ id, state }) => needs.includes(id) && state !== 'ok');
    const state = lacking.some((finding) => finding.state === 'missing') ? 'missing' : lacking[0]?.state;
    return { name, state: state ?? 'ok', lacks: lacking.map(({ id }) => id) };
  });
}
