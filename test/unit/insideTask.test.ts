// Any task's command as one in a container's network: what the launcher is told, before VS Code adds the command line.
import assert from 'node:assert/strict';
import {
  dependenciesOf,
  matchersOf,
  processInside,
  shellDefinition,
  shellInside,
  type ShellLike,
} from '../../extension/tasks/insideTask';
import { parseDefinition } from '../../extension/tasks/definition';

describe('a task to run inside', () => {
  it('of a process: the same program with the same arguments', () => {
    const definition = processInside('web', { process: '/bin/x', args: ['a b', '$HOME', ''] });
    assert.deepEqual(parseDefinition(definition), {
      type: 'namespace',
      container: 'web',
      namespaces: ['net'],
      command: '/bin/x',
      args: ['a b', '$HOME', ''],
    });
  });

  const usual = { path: '/bin/zsh', args: ['-l'] };
  const SHELLS: [string, ShellLike, string[]][] = [
    ['that names none: the usual one', {}, ['/bin/zsh', '-l', '-c']],
    ['with options that name none', { options: {} }, ['/bin/zsh', '-l', '-c']],
    ['with arguments for the usual one', { options: { shellArgs: ['-e'] } }, ['/bin/zsh', '-e', '-c']],
    ['with the -c among them', { options: { shellArgs: ['-c', '-e'] } }, ['/bin/zsh', '-c', '-e']],
    [
      'that names one with arguments',
      { options: { executable: '/bin/dash', shellArgs: ['-ec'] } },
      ['/bin/dash', '-ec'],
    ],
    // VS Code adds no -c to a shell that a task names: it reads the command line as a file's name.
    ['that names one without', { options: { executable: '/bin/dash' } }, ['/bin/dash']],
  ];
  for (const [what, shell, line] of SHELLS) {
    it(`of a shell ${what}`, () => {
      const { command, args } = parseDefinition(shellInside('web', shell, usual));
      assert.deepEqual([command, ...args], line);
    });
  }
});

describe('a shell task is remembered', () => {
  it('by its command line', () => {
    const definition = parseDefinition(shellDefinition('web', { commandLine: 'a "$B" | c', command: 'a' }));
    assert.deepEqual([definition.shellCommand, definition.command], ['a "$B" | c', undefined]);
  });

  it('or by its command and arguments', () => {
    const definition = parseDefinition(
      shellDefinition('web', { command: { value: 'a' }, args: ['b', { value: 'c d' }] }),
    );
    assert.deepEqual([definition.command, definition.args], ['a', ['b', 'c d']]);
  });
});

describe('the problem matchers of a task in tasks.json', () => {
  const WRITTEN: [unknown, string[], boolean][] = [
    [[{ label: 'a', problemMatcher: '$tsc' }], ['$tsc'], false],
    [
      [
        { label: 'b', problemMatcher: '$go' },
        { label: 'a', problemMatcher: ['$tsc', '$go'] },
      ],
      ['$tsc', '$go'],
      false,
    ],
    [[{ label: 'a', problemMatcher: { owner: 'x' } }], [], true],
    [[{ label: 'a', problemMatcher: ['$tsc', { base: '$go' }] }], ['$tsc'], true],
    [[{ label: 'a' }, null, 'a', 1], [], false],
    [[{ label: 'b', problemMatcher: '$tsc' }], [], false],
    [null, [], false],
    [{ label: 'a', problemMatcher: '$tsc' }, [], false],
  ];
  for (const [written, named, writtenOut] of WRITTEN) {
    it(JSON.stringify(written), () => {
      assert.deepEqual(matchersOf('a', written), { named, writtenOut });
    });
  }
});

describe('what a task in tasks.json depends on', () => {
  const WRITTEN: [unknown, unknown[], boolean][] = [
    [[{ label: 'a', dependsOn: 'b' }], ['b'], false],
    [
      [{ label: 'a', dependsOn: ['b', { type: 'npm', script: 'c' }], dependsOrder: 'sequence' }],
      ['b', { type: 'npm', script: 'c' }],
      true,
    ],
    [
      [
        { label: 'b', dependsOn: 'a' },
        { label: 'a', dependsOrder: 'parallel' },
      ],
      [],
      false,
    ],
    [[{ label: 'a', dependsOn: [null, 1] }], [], false],
    [null, [], false],
  ];
  for (const [written, wanted, inSequence] of WRITTEN) {
    it(JSON.stringify(written), () => {
      assert.deepEqual(dependenciesOf('a', written), { wanted, inSequence });
    });
  }
});
