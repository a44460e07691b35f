/** Damaged stores: restored from a backup as the message says; changed results found by `verify`. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { finishedStudy } from '../support/finished-study.ts';
import { ridgeline, start } from '../support/processes.ts';

interface VerifyJson {
  readonly verified: number;
  readonly mismatched: number;
  readonly trials: readonly { readonly trial: string; readonly differences: string[] }[];
}

// The trials are long enough to interrupt `verify` while most of them are still to be trained.
const finished = finishedStudy({ name: 'stored', trials: 8, cycles: 10, coarseOnly: true });

test('a damaged store is refused with the command that restores a backup, and the command works', async () => {
  const { study, dir, state, stdout } = finished();
  const file = join(dir, 'backup.db');
  const backup = await ridgeline(['backup', file, '--state', state]);
  expect([backup.code, backup.stdout, backup.stderr]).toEqual([
    0,
    '',
    `${file} contains 1 study with 8 trials\n`,
  ]);
  const handle = openSync(join(state, 'ridgeline.db'), 'r+');
  writeSync(handle, Buffer.alloc(64, 0xa5), 0, 64, 4_096 * 3);
  closeSync(handle);
  const refused = await ridgeline(['coordinator', '--listen', '127.0.0.1:0', '--state', state]);
  expect(refused.code).toBe(1);
  const command =
    /ridgeline: The store (\S+) is damaged .*\n {2}fix: .*`ridgeline restore FILE (.*?)`/;
  const [, named, rest = ''] = command.exec(refused.stderr) ?? [];
  expect(named).toBe(join(state, 'ridgeline.db'));
  const restored = await ridgeline(['restore', file, ...rest.split(' ')]);
  expect(restored.code, restored.stderr).toBe(0);
  const again = await ridgeline(['run', study, '--state', state, '--format', 'json']);
  expect(again.stdout).toBe(stdout);
});

test('verify exits with 0 if stored trials are reproduced, and with 3 if one was changed by hand', async () => {
  const { state } = finished();
  const verify = async (...args: string[]) =>
    await ridgeline(['verify', 'stored', '--state', state, '--format', 'json', ...args]);
  const all = await verify('--all');
  expect(all.code, all.stderr).toBe(0);
  expect(JSON.parse(all.stdout)).toMatchObject({ verified: 8, mismatched: 0 });
  const raw = new DatabaseSync(join(state, 'ridgeline.db'));
  const last = '$.metrics.validation_loss[#-1]';
  raw.exec(`UPDATE result SET curve = json_set(curve, '${last}', (curve ->> '${last}') + 1e-9)
    WHERE trial_index = 1;
    UPDATE result SET digest = replace(digest, 'a', 'b') WHERE trial_index = 2;
    UPDATE result SET bits = zeroblob(length(bits)) WHERE trial_index = 3;`);
  raw.close();
  const edited = await verify('--all');
  expect(edited.code).toBe(3);
  const found = JSON.parse(edited.stdout) as VerifyJson;
  const differences = Object.fromEntries(found.trials.map((row) => [row.trial, row.differences]));
  expect(differences).toMatchObject({
    'coarse/1': ['its stored fingerprint', 'validation loss'],
    'coarse/2': ['its stored fingerprint', 'digest'],
    'coarse/3': ['its stored fingerprint', 'correctness'],
  });
  expect(Object.values(differences).filter((all) => all.length === 0)).toHaveLength(5);
  // Changed results are always included.
  const few = await verify('--trials', '1');
  expect([few.code, few.stdout]).toEqual([3, expect.stringMatching(/"mismatched": 3/)]);
  expect((await verify('--top', '1', '--all')).code).toBe(2);
});

test('verify --decisions exits with 0 if the choices follow from the results, and with 3 if one was changed by hand', async () => {
  const { state } = finished();
  const verify = async () => {
    const { code, stdout } = await ridgeline(['verify', 'stored', '--decisions', '--state', state]);
    return { code, stdout };
  };
  expect(await verify()).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^all choices follow from the stored results; made again: 1 range, 8 trials/,
    ),
  });
  const raw = new DatabaseSync(join(state, 'ridgeline.db'));
  raw.exec(`UPDATE trial SET params = '{"lambda":0.5}' WHERE trial_index = 1;
    UPDATE winner SET trial_index = 1 + trial_index % 8;
    UPDATE result SET bits = zeroblob(length(bits)) WHERE trial_index = 3;`);
  raw.close();
  const { code, stdout } = await verify();
  expect(code).toBe(3);
  expect(stdout).toMatch(
    /result\W+coarse\/3 .*parameters\W+coarse\/1\W+lambda 0.5\W.*winner\W+stored .*3 choices differ/s,
  );
});

test('an interrupted verify prints the trials verified so far and exits with 130', async () => {
  const { state } = finished();
  const args = ['verify', 'stored', '--all', '--threads', '1', '--format', 'json'];
  const raw = new DatabaseSync(join(state, 'ridgeline.db'));
  // The trials are of different replicates, so of different packs; most of them are still waiting.
  raw.exec(`PRAGMA foreign_keys = OFF;
    UPDATE trial SET replicate = trial_index WHERE trial_index > 2;
    UPDATE result SET replicate = trial_index WHERE trial_index > 2;`);
  raw.close();
  const verifying = start([...args, '--state', state]);
  await verifying.prints(/2 of 8/);
  verifying.kill('SIGINT');
  const { code, stdout } = await verifying.finished;
  expect(code).toBe(130);
  const { verified } = JSON.parse(stdout) as VerifyJson;
  expect(verified).toBeGreaterThanOrEqual(2);
  expect(verified).toBeLessThan(8);
});
