/** The directory of tokens and keys: private, or refused before anything secret is written. */
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  claimKeysDirectory,
  exposedPaths,
  findExposure,
  prepareKeysDirectory,
} from '../../../src/rpc/credentials/keys-directory.ts';
import { fileMode, StateDirectory, thrown } from '../support/state-directory.ts';

test('a keys directory is created with the folders above it, for its owner alone', () => {
  using state = new StateDirectory();
  const keys = join(state.path, 'deep', 'keys');
  prepareKeysDirectory(keys);
  expect(fileMode(keys)).toBe(0o700);
  expect(readdirSync(keys)).toEqual([]);
});

test('permissions of own files are narrowed, as those of a volume that Kubernetes has widened', () => {
  using state = new StateDirectory();
  mkdirSync(join(state.path, 'tls'));
  const secrets = ['tokens.json', 'admin.join', 'worker.join', 'tls/ca.key', 'tls/server.crt'];
  for (const name of secrets) writeFileSync(join(state.path, name), '');
  for (const name of secrets) chmodSync(join(state.path, name), 0o660);
  for (const name of ['', 'tls']) chmodSync(join(state.path, name), 0o2770);
  expect(findExposure(state.path)).toBe(null);
  prepareKeysDirectory(state.path);
  expect(secrets.map((name) => fileMode(join(state.path, name)))).toEqual(secrets.map(() => 0o600));
  expect(['', 'tls'].map((name) => fileMode(join(state.path, name)))).toEqual([0o700, 0o700]);
});

test('files that cannot be narrowed are named in one command, with --keys as another way', () => {
  using state = new StateDirectory();
  const secrets = ['admin.join', 'tokens.json'].map((name) => join(state.path, name));
  for (const path of secrets) writeFileSync(path, '', { mode: 0o644 });
  chmodSync(state.path, 0o755);
  expect(exposedPaths([state.path, ...secrets])).toMatchObject({
    code: 'STATE_EXPOSED',
    what: expect.stringContaining(`${state.path} (mode 755), ${secrets[0]} (mode 644)`),
    fix: expect.stringMatching(
      `Run \`chmod 700 ${state.path} && chmod 600 ${secrets.join(' ')}\`.*--keys DIR`,
    ),
  });
});

test.runIf(process.geteuid?.() === 0)(
  'files of another user are refused to a user who may not change them',
  () => {
    using state = new StateDirectory();
    chmodSync(state.path, 0o777);
    writeFileSync(join(state.path, 'tokens.json'), '', { mode: 0o644 });
    const nobody = 65_534;
    chownSync(join(state.path, 'tokens.json'), nobody - 1, nobody - 1);
    process.seteuid!(nobody);
    try {
      expect(findExposure(state.path)?.fix).toMatch(/chmod 700 .* && chmod 600 .*tokens\.json/);
      expect(() => prepareKeysDirectory(state.path)).toThrow(/\[STATE_EXPOSED\]/);
    } finally {
      process.seteuid!(0);
    }
  },
);

test('a keys directory belongs to the state directory that used it first', async () => {
  using keys = new StateDirectory();
  using first = new StateDirectory();
  using second = new StateDirectory();
  claimKeysDirectory(keys.path, first.path);
  claimKeysDirectory(keys.path, first.path);
  expect(await thrown(() => claimKeysDirectory(keys.path, second.path))).toMatchObject({
    code: 'USAGE',
    what: expect.stringContaining(`${first.path}, not of ${second.path}`),
  });
  claimKeysDirectory(second.path, second.path);
  expect(readdirSync(second.path)).toEqual([]);
});
