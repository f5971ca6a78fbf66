// Machines that systemd-machined knows, by the pid of their first process: files that everybody may read. They name what
// nspawn or another manager registered there.
import { readdirSync, readFileSync } from 'node:fs';
import { facts, type Facts } from './facts';

const FOLDER = '/run/systemd/machines';

export function readMachines(folder = FOLDER): Map<number, Facts> {
  try {
    // Beside each there is a link `unit:NAME`, for looking it up by its unit.
    const names = readdirSync(folder).filter((name) => !name.startsWith('unit:') && !name.startsWith('.'));
    return new Map(names.flatMap((name) => machine(`${folder}/${name}`)));
  } catch {
    return new Map();
  }
}

function machine(path: string): [number, Facts][] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    const value = (key: string): string | undefined =>
      lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
    const [name, leader] = [value('NAME'), Number(value('LEADER') ?? NaN)];
    if (name === undefined || !Number.isSafeInteger(leader)) return [];
    return [[leader, facts(value('SERVICE') === 'systemd-nspawn' ? 'nspawn' : 'machine', name, name)]];
  } catch {
    // It ended meanwhile.
    return [];
  }
}
