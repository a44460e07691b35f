/** A race with real processes: its rounds do not depend on the cluster or on a kill between two rounds. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  fingerprint,
  ridgeline,
  scratchDir,
  start,
  writeStudy,
  type ResultsJson,
} from './support/processes.ts';

async function readReplicates(state: string): Promise<ResultsJson> {
  const args = ['results', 'raced', '--replicates', '--state', state, '--format', 'json'];
  const { code, stdout, stderr } = await ridgeline(args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as ResultsJson;
}

test('a race killed in its second round ends like an undisturbed race, and its replicates can be trained again', async () => {
  const dir = scratchDir();
  const study = writeStudy(dir, { name: 'raced', trials: 10, cycles: 2 });
  appendFileSync(study, 'replicates: 3\nracing: true\n');
  const [calm, killed] = [join(dir, 'calm'), join(dir, 'killed')];
  const undisturbed = await ridgeline([
    'run',
    study,
    '--state',
    calm,
    '--workers',
    '1',
    '--threads',
    '1',
  ]);
  expect(undisturbed.code, undisturbed.stderr).toBe(0);

  const first = start(['run', study, '--state', killed, '--pack', '1']);
  await first.prints(
    /of 10 configurations are not significantly worse than the best: one more replicate of each/,
  );
  await first.prints(/coarse\/\d+\.2 /);
  first.kill('SIGKILL');
  await first.finished;
  const second = await ridgeline(['run', study, '--state', killed, '--lease', '2']);
  expect(second.code, second.stderr).toBe(0);

  const reference = await readReplicates(calm);
  expect(fingerprint(await readReplicates(killed))).toEqual(fingerprint(reference));
  const names = reference.stages.flatMap(({ trials }) => trials.map(({ trial }) => trial));
  expect(names).toContain(`${reference.winner?.trial}.3`);
  const { tests, reproduced } = JSON.parse(
    (await ridgeline(['results', 'raced', '--state', calm, '--format', 'json'])).stdout,
  ).winner as { tests: { replicate: number }[]; reproduced: boolean };
  expect([reproduced, ...tests.map(({ replicate }) => replicate)]).toEqual([true, 1, 2, 3]);
  // A λ near 1 learns nothing, so it is not repeated.
  const lambdas = names.filter((name) => !/\.\d+$/.test(name));
  expect(lambdas).toHaveLength(20);
  expect(lambdas.every((name) => names.includes(`${name}.2`))).toBe(false);

  const again = reference.stages[0]!.trials.find(({ trial }) => trial.endsWith('.2'))!;
  const args = ['train', 'raced', '--trial', again.trial, '--state', calm, '--format', 'json'];
  const trained = await ridgeline(args);
  expect(trained.code, trained.stderr).toBe(0);
  expect((JSON.parse(trained.stdout) as { digest: string }).digest).toBe(again.digest);
  // The first of several replicates has two names.
  const [short, long] = [again.trial.replace(/2$/, '1'), again.trial.replace(/\.2$/, '')];
  const shown = await Promise.all(
    [short, long].map((name) => ridgeline(['trial', 'raced', name, '--state', calm])),
  );
  expect(shown[0]).toEqual(shown[1]);
  expect(shown[0]!.code, shown[0]!.stderr).toBe(0);
});
