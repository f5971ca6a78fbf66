// Everything at once, for a while, against real engines and real editors: see main.ts. Installs what is missing, builds and
// packs the extension, and runs it. A whole run is kept in RESULTS.md. Needs root.
// Usage: node test/campaign/campaign.mjs [--minutes N] [--only LANE,…] [--scenario WORDS]
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { format } from 'prettier';
import { ensureTools } from '../../scripts/lib/apt.mjs';
import { ensureCodeServer } from '../../scripts/lib/installCodeServer.mjs';
import { ROOT, TOOL_NODE, VSIX } from '../../scripts/lib/paths.mjs';
import { platformTarget } from '../../scripts/lib/platforms.mjs';
import { isRoot, run, status } from '../../scripts/lib/run.mjs';
import { UI_TOOLS } from '../../scripts/lib/suites.mjs';

const ARTIFACTS = join(ROOT, 'out/artifacts/campaign');

/** The campaign is TypeScript: bundled for this run, as the tests are. The folder is where it looks for koffi. */
async function bundle(scratch) {
  const outfile = join(scratch, 'campaign.cjs');
  await build({
    entryPoints: [join(ROOT, 'test/campaign/main.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    sourcemap: 'inline',
    external: ['playwright-core', './koffi.node'],
    logLevel: 'warning',
  });
  cpSync(join(ROOT, 'dist/koffi.node'), join(scratch, 'koffi.node'));
  return outfile;
}

async function main(argv) {
  if (!isRoot) throw new Error('the campaign needs root: it makes users, engines and mounts of its own');
  await ensureTools(UI_TOOLS);
  await ensureCodeServer();
  await run(process.execPath, ['scripts/package.mjs', platformTarget()], { cwd: ROOT });
  const scratch = mkdtempSync(join(tmpdir(), 'lns-campaign-'));
  // Whoever is started below ends in order by itself; so do we.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  try {
    const env = {
      ...process.env,
      NODE_PATH: join(ROOT, 'node_modules'),
      NAMESPACES_TEST_VSIX: VSIX,
      NAMESPACES_TEST_ARTIFACTS: ARTIFACTS,
    };
    const code = await status(TOOL_NODE, ['--enable-source-maps', await bundle(scratch), ...argv], { cwd: ROOT, env });
    await keep();
    return code;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Only a whole run leaves a page. */
async function keep() {
  const page = join(ARTIFACTS, 'RESULTS.md');
  if (!existsSync(page)) return;
  const text = await format(readFileSync(page, 'utf8'), { parser: 'markdown', printWidth: 120 });
  writeFileSync(join(ROOT, 'test/campaign/RESULTS.md'), text);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
