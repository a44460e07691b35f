/** The user's configuration file. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadUserConfig, parseUserConfig } from '../../src/config/user-config.ts';

const file = '/home/someone/.config/ridgeline/config.yaml';

test('a configuration sets directories, relative to the file or to the home, threads and colour', () => {
  const text = 'data_dir: ~/data\nstate: ../searches\nkeys: ~/.keys\nthreads: 4\ncolor: never\n';
  expect(parseUserConfig(text, file)).toEqual({
    dataDir: join(homedir(), 'data'),
    state: '/home/someone/.config/searches',
    keys: join(homedir(), '.keys'),
    threads: 4,
    color: 'never',
  });
  expect(parseUserConfig('# nothing yet\n\n', file)).toEqual({});
});

test('every problem of a configuration is reported with its line and code', () => {
  const read = () => parseUserConfig('date_dir: x\nthreads: 0\n', file);
  expect(read).toThrow(/^\[CONFIG_INVALID\] .*config\.yaml has 2 problems/);
  expect(read).toThrow(/config\.yaml:1:1 {2}date_dir: unknown key; did you mean data_dir\?/);
  expect(read).toThrow(/config\.yaml:2:10 {2}threads: must be a whole number from 1 to 256, got 0/);
  expect(() => loadUserConfig('/nonexistent/config.yaml')).toThrow(
    /^\[CONFIG_INVALID\] .*cannot be read: there is no such file/,
  );
});
