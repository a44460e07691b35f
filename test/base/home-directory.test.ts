/** Home directory, with and without one. */
import { expect, test } from 'vitest';
import { expandHome, homeDirectory } from '../../src/base/home-directory.ts';

const noEntry = (): string => {
  throw new Error('uv_os_homedir returned ENOENT (no such file or directory)');
};

test('the home directory is that of HOME, else that of the password database, else null', () => {
  expect(homeDirectory({ HOME: '/home/ada' }, noEntry)).toBe('/home/ada');
  expect(homeDirectory({ HOME: '' }, () => '/home/db')).toBe('/home/db');
  expect(homeDirectory({}, noEntry)).toBeNull();
  expect(homeDirectory({}, () => '')).toBeNull();
});

test('a ~ at the start of a path is the home directory, and elsewhere it is a name', () => {
  const env = { HOME: '/home/ada' };
  expect(expandHome('~/data', env)).toBe('/home/ada/data');
  expect(expandHome('~', env)).toBe('/home/ada');
  for (const path of ['~bob/data', 'a/~/b', './~']) expect(expandHome(path, env)).toBe(path);
});
