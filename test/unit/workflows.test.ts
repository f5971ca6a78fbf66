// What keeps the forge's machines from doing more than they should: actions are named by what they are, not by a name that
// somebody can move; jobs have the rights they name; and no text from outside becomes part of a script.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '.github/workflows';

for (const name of readdirSync(FOLDER)) {
  describe(`the workflow ${name}`, () => {
    const text = readFileSync(join(FOLDER, name), 'utf8');

    it('names each action by its hash, with the version that this is', () => {
      const uses = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line));
      assert.ok(uses.length > 0);
      // One of our own is of the same commit.
      const named = /uses: (actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\.\/\.github\/workflows\/ci\.yml)$/;
      for (const line of uses) assert.match(line, named);
    });

    it('may read, where a job names no more', () => {
      assert.match(text, /^permissions:\n {2}contents: read\n(?! )/m);
      assert.doesNotMatch(text, /pull_request_target|workflow_run|write-all/);
    });

    it('installs nothing but what a lock file names by its checksum', () => {
      const installs = text.match(/\b(?:npx|pnpx|yarn|npm (?!ci\b|run\b)\w+).*/g) ?? [];
      assert.deepEqual(installs, []);
    });

    it('puts no expression into a script', () => {
      // An expression is pasted into the script before a shell reads it; what is wanted comes as a variable.
      const expressions = [...text.matchAll(/^.*\$\{\{.*$/gm)].map(([line]) => line.trim());
      const harmless = /^(group: ci-\$\{\{ github\.ref \}\}|[A-Z_]+: \$\{\{ (secrets\.[A-Z_]+|github\.token) \}\})$/;
      for (const line of expressions) assert.match(line, harmless);
    });
  });
}

it('a release is published only after the tests, and by what was built for it', () => {
  const release = readFileSync(join(FOLDER, 'release.yml'), 'utf8');
  assert.match(release, /^ {2}publish:\n {4}needs: \[test, package\]$/m);
  const [, publish = ''] = release.split(/^ {2}publish:$/m);
  assert.doesNotMatch(publish, /npm run/);
  assert.match(publish, /sha256sum --check SHA256SUMS/);
  assert.match(release, /^ {2}test:\n {4}uses: \.\/\.github\/workflows\/ci\.yml$/m);
});

it('the tests are run on the newest and the oldest editor, and on musl where none of them is skipped', () => {
  const ci = readFileSync(join(FOLDER, 'ci.yml'), 'utf8');
  assert.match(ci, /^ {2}workflow_call:$/m);
  const jobs = ci.split(/^ {2}(?=[a-z]+:$)/m);
  const jobOf = (name: string): string =>
    jobs.find((job) => job.startsWith(`${name}:`)) ?? assert.fail(`no job ${name}`);
  assert.match(jobOf('test'), /run: \.ci\/run$/m);
  assert.match(jobOf('oldest'), /run: npm run --silent test:oldest$/m);
  assert.match(jobOf('musl'), /image: debian:12\n {6}options: --privileged$/m);
  assert.match(jobOf('musl'), /npm run --silent test -- package \| tee package\.log\n {8}shell: bash$/m);
  assert.match(jobOf('musl'), /tail -n 1 package\.log \| grep -x '\[0-9\]\* passed, 0 failed'$/m);
});
