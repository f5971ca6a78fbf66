// What a benchmark ran on.
import { cpus, release } from 'node:os';
import { TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { output } from '../../scripts/lib/run.mjs';

/** Processors, kernel, the Node that is measured, and the versions of these programs, as one line. */
export async function machine(...programs) {
  const versions = programs.map(async (program) => {
    const text = await firstLine(program).catch(() => `no ${program}`);
    // Some say their number alone.
    return /^[\d.]+$/.test(text) ? `${program} ${text}` : text;
  });
  const node = `Node ${await firstLine(TOOL_NODE)}`;
  const processors = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  return [processors, `Linux ${release()}`, node, ...(await Promise.all(versions))].join('; ');
}

const firstLine = async (program) => (await output(program, ['--version'])).trim().split('\n')[0];
