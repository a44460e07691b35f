/** What completion offers, for the command table of this program. */
import { expect, test } from 'vitest';
import { candidates, type Names } from '../../../src/cli/completion/candidates.ts';
import { readCommandTable } from '../../../src/cli/completion/command-table.ts';

const names: Names = {
  studies: () => ['quickstart', 'quick-2', 'other'],
  trials: (study) => (study === 'quickstart' ? ['coarse/1', 'coarse/2', 'fine/1'] : []),
  workers: () => ['node-1', 'node-2'],
};
const table = readCommandTable();

function offered(...words: string[]): string[] | string {
  const found = candidates(words, table, names);
  return typeof found === 'string' ? found : found.map(({ word }) => word);
}

test.each<[string[], string[] | string]>([
  [['res'], ['results', 'resume', 'restore']],
  [
    ['results', 'qui'],
    ['quickstart', 'quick-2'],
  ],
  [['trial', 'quickstart', 'f'], ['fine/1']],
  [
    ['drain', ''],
    ['node-1', 'node-2'],
  ],
  [
    ['delete', 'quickstart', ''],
    ['quick-2', 'other'],
  ],
  [['token', 're'], ['revoke']],
  [['token', 'new', '--role', 'v'], ['viewer']],
  [
    ['results', 'quickstart', '--color', 'a'],
    ['auto', 'always'],
  ],
  [['results', '--color', '=', 'n'], ['never']],
  [['results', '--color=n'], ['never']],
  [['run', ''], 'file'],
  [['results', '--state', ''], 'directory'],
  [['help', 'diff'], ['diff']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['--v'], ['--version']],
  [['nosuch', ''], []],
])('%j is completed by %j', (words, expected) => {
  expect(offered(...words)).toEqual(expected);
});

test('options are offered once, also after all arguments, and the value of one is no argument', () => {
  const after = offered('report', '--state', 'x', 'quickstart', '--quiet', '');
  expect(after).toContain('--output');
  expect(after).not.toContain('--quiet');
  expect(after).not.toContain('--state');
  expect(offered('results', '--top', '3', 'o')).toEqual(['other']);
});
