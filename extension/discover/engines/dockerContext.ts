// The engine that `docker context use` chose: config.json names it, and its metadata lie in a folder named by the hash of
// the name (docker/cli, cli/context/store). Reads only.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { t } from '../../l10n';
import { parseAddress } from './address';
import type { EngineAddress } from './engine';

const Config = v.pipe(v.string(), v.parseJson(), v.object({ currentContext: v.optional(v.string()) }));
const Meta = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ Endpoints: v.object({ docker: v.object({ Host: v.string() }) }) }),
);

/** Null where the context is the default one, or none was ever chosen. Throws with one line where it cannot be used. */
export function contextAddress(folder: string, env: NodeJS.ProcessEnv): EngineAddress | null {
  const name = env['DOCKER_CONTEXT'] || currentContext(folder);
  if (!name || name === 'default') return null;
  const hash = createHash('sha256').update(name).digest('hex');
  const meta = v.safeParse(Meta, readText(join(folder, 'contexts/meta', hash, 'meta.json')));
  if (!meta.success) throw new Error(t('Docker context {0} cannot be read: see docker context inspect', name));
  return parseAddress('docker', meta.output.Endpoints.docker.Host);
}

function currentContext(folder: string): string | undefined {
  const config = v.safeParse(Config, readText(join(folder, 'config.json')));
  return config.success ? config.output.currentContext : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
