/**
 * The study of the example, searched by a dispatcher and the pack runner of a worker in this process: the
 * module travels, is allowed by its digest, and clearly worse trials are stopped at rungs.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { studyFromFile } from '../../../src/cli/process/study-files.ts';
import { readProgramFiles } from '../../../src/config/program-files.ts';
import type { Decision } from '../../../src/coordinator/core/state/turn.ts';
import { ServedShards } from '../../../src/coordinator/shell/served-shards.ts';
import { openStudyData } from '../../../src/coordinator/shell/study-data.ts';
import { submittedFiles } from '../../../src/coordinator/shell/submitted-files.ts';
import { openShardCache } from '../../../src/dataset/shards/shard-cache.ts';
import { parseSpec, canonicalSpec } from '../../../src/study/spec/canonical-spec.ts';
import { trialName, type TrialRecord } from '../../../src/study/trial.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { chooseKernel } from '../../../src/trainers/two-layer/kernel-file.ts';
import { nothingAllowed, type Allowance } from '../../../src/worker/command/allowance.ts';
import { PackRunner } from '../../../src/worker/pack-runner.ts';
import { StateKeeper } from '../../../src/worker/states/state-keeper.ts';
import {
  helloFrom,
  messagesIn,
  newDispatcher,
  noticesIn,
  peerFrom,
  start,
} from '../../coordinator/support/small-cluster.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

const file = 'examples/trainers/module/study.yaml';

async function load() {
  const fromFile = await studyFromFile(file);
  // As it arrives at the coordinator, which does not run the module.
  const spec = parseSpec(canonicalSpec(fromFile), describeTrainer);
  expect(spec).toEqual(fromFile);
  const files = submittedFiles(spec, await readProgramFiles(spec, file));
  const { opened, shards } = await openStudyData(spec, { describeTrainer, dataDir: '/nowhere' });
  const served = new ServedShards();
  served.add(spec.study, shards, files);
  const needs = describeTrainer(spec.trainer).needs?.(spec.trainer) ?? '';
  return { spec, opened, files, served, needs };
}

async function startRunner(path: string, allowance: Allowance): Promise<PackRunner> {
  const cache = await openShardCache(path, () => undefined);
  const states = await StateKeeper.open({
    directory: null,
    diskMax: 0,
    warn: () => undefined,
  });
  const own = { allowance, own: {}, passed: [], processors: 1, memory: 1e9 };
  const commands = { ...own, slots: 1, devices: [], directory: join(path, 'trials') };
  const trainer = await chooseKernel('portable', []);
  return await PackRunner.start(
    { describeTrainer, threads: 1, trainer, commands, stateMax: 0, states },
    cache,
  );
}

/** Trains what the dispatcher assigns until the study has ended. */
async function search(
  { spec, opened, files, served, needs }: Awaited<ReturnType<typeof load>>,
  runner: PackRunner,
): Promise<{ ended: readonly TrialRecord[]; continued: number }> {
  const dispatcher = newDispatcher();
  const fetch = (digest: string) => served.bytes(digest, 0)!;
  const ended: TrialRecord[] = [];
  let continued = 0;
  const waiting: Decision[] = [];
  waiting.push(dispatcher.joined(helloFrom('s', { allowed: [needs] }), peerFrom('s'), start));
  waiting.push(
    dispatcher.submit(
      spec,
      opened.data,
      { ...opened, priority: 1, officialData: null, files },
      start,
    ),
  );
  for (let decision = waiting.shift(); decision !== undefined; decision = waiting.shift()) {
    for (const { dataset, reference } of messagesIn(decision, 'prepare')) {
      await runner.load(reference, fetch);
      waiting.push(dispatcher.received('s', { kind: 'dataset-ready', dataset }, start));
    }
    ended.push(...noticesIn(decision, 'trial-ended').map(({ trial }) => trial));
    for (const { assignment } of messagesIn(decision, 'assign')) {
      const end = await runner.train(assignment, fetch, () => undefined);
      if (end.kind === 'stopped') throw new Error(end.reason);
      const { rung } = assignment.members[0]!;
      // It has not passed its rung again, since it continued from there.
      if (rung !== null && end.passed.length === 0) continued += 1;
      const results = end.results.map((result, member) => ({
        key: assignment.members[member]!.key,
        result: { ...result, seconds: 0 },
        passed: end.passed[member] ?? null,
      }));
      const { pack } = assignment;
      waiting.push(dispatcher.received('s', { kind: 'pack-ended', pack, results }, start));
    }
  }
  return { ended, continued };
}

test('a study with a module is searched with stopping at rungs, from its file to its ranks', async () => {
  using directory = temporaryDirectory();
  const loaded = await load();
  const allowed = { ...nothingAllowed, files: new Set([loaded.needs]) };
  await using runner = await startRunner(directory.path, allowed);
  const { ended, continued } = await search(loaded, runner);
  const named = (status: string): string[] =>
    ended.filter((trial) => trial.status === status).map(({ id }) => trialName(id));
  expect(ended).toHaveLength(7);
  expect(named('stopped').length).toBeGreaterThan(2);
  expect(named('complete').length).toBeGreaterThan(0);
  expect(named('complete').length + named('stopped').length).toBe(7);
  expect(continued).toBeGreaterThan(0);
  for (const { status, result } of ended) if (status === 'complete') expect(result?.steps).toBe(6);
});

test('a worker runs no module that its operator has not allowed', async () => {
  using directory = temporaryDirectory();
  const loaded = await load();
  await using runner = await startRunner(directory.path, nothingAllowed);
  await expect(search(loaded, runner)).rejects.toThrow(
    `this worker was not started with --allow-${loaded.needs.replace(':', ' ')}`,
  );
});
