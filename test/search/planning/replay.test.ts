/** Decision replay: each kind of choice that was changed in the store is found, and nothing else. */
import { expect, test } from 'vitest';
import { replayDecisions, type StoredDecisions } from '../../../src/search/planning/replay.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import { trialName, type StopDecision, type TrialRecord } from '../../../src/study/trial.ts';
import { noFaults } from '../../simulation/faults.ts';
import { History } from '../../simulation/history.ts';
import { storedDecisions } from '../../simulation/replay-check.ts';
import { rungTrainer } from '../../simulation/simulated-results.ts';
import { exampleStudy, twoStages } from '../../study/support/example-study.ts';

/** What a cluster of two workers has stored of a study. */
async function decided(changes: Partial<StudySpec> = {}): Promise<StoredDecisions> {
  const spec = exampleStudy({ study: 'first', trainer: rungTrainer, ...changes });
  const history = new History({
    seed: 1,
    kinds: ['correct', 'correct'],
    threads: 2,
    faults: noFaults,
    poison: 0,
    studies: [spec],
    faultyMs: 0,
  });
  await history.run();
  return storedDecisions(history.store, 'first');
}

const stopping = decided({ stop: 'clearly_worse', stages: twoStages(20, 14) });

const found = (stored: StoredDecisions) =>
  replayDecisions(stored).differences.map(({ kind, where }) => `${kind} ${where}`);

function changed(
  stored: StoredDecisions,
  which: (trial: TrialRecord) => boolean,
  change: (trial: TrialRecord) => Partial<TrialRecord>,
) {
  const trial = stored.trials.find(which);
  if (trial === undefined) throw new Error('the study has such a trial');
  const trials = stored.trials.map((one) => (one === trial ? { ...one, ...change(one) } : one));
  return { stored: { ...stored, trials }, name: trialName(trial.id) };
}

const isStopped = ({ status }: TrialRecord): boolean => status === 'stopped';
const withStop =
  (change: Partial<StopDecision>) =>
  ({ rungs }: TrialRecord): Partial<TrialRecord> =>
    rungs?.stop ? { rungs: { ...rungs, stop: { ...rungs.stop, ...change } } } : {};

test('the choices of a study that stops trials follow from its results', async () => {
  const stored = await stopping;
  expect(stored.trials.some(isStopped)).toBe(true);
  const { counts, differences, notes } = replayDecisions(stored);
  expect({ differences, notes }).toEqual({ differences: [], notes: [] });
  expect(counts).toMatchObject({ stages: 2, trials: 34, ranks: 34 });
  expect(counts.comparisons).toBeGreaterThan(34);
});

test.each([
  [
    'a study that stops at a budget of steps',
    { stop: 'clearly_worse' as const, budget: { steps: 900 } },
  ],
  ['a race', { replicates: 3, racing: true }],
  [
    'a model with rounds',
    { stages: twoStages(20, 14).map((s) => ({ ...s, sampler: 'model' as const, round: 4 })) },
  ],
  [
    'a model with a lag',
    { stages: twoStages(20, 14).map((s) => ({ ...s, sampler: 'model' as const, lag: 4 })) },
  ],
])('the choices of %s follow from its results', async (_, changes) => {
  expect(replayDecisions(await decided(changes))).toMatchObject({ differences: [], notes: [] });
});

test('the choices of a study whose time ends before any trial is complete follow from its results', async () => {
  for (const time of ['8s', '10s', '15s', '30s']) {
    const budget = { time };
    const stored = await decided({ stop: 'clearly_worse', stages: twoStages(20, 14), budget });
    expect(stored.study.budgetEnd).toMatchObject({ by: 'time' });
    expect(stored.trials.filter(({ status }) => status === 'complete')).toEqual([]);
    expect(replayDecisions(stored)).toMatchObject({ differences: [], notes: [] });
  }
});

test('a changed parameter is found', async () => {
  const { stored, name } = changed(await stopping, isStopped, () => ({ params: { lambda: 0.5 } }));
  expect(found(stored)).toContain(`parameters ${name}`);
});

test.each([
  ['a changed count', withStop({ onlyTrial: 1 })],
  ['another leader', withStop({ leader: { stage: 'coarse', index: 99, replicate: 1 } })],
  ['a stop that was removed', ({ rungs }: TrialRecord) => ({ rungs: { ...rungs!, stop: null } })],
  [
    'a stopped trial that is called complete',
    () => ({ status: 'complete' as const, result: null }),
  ],
])('%s is found', async (_, change) => {
  const { stored, name } = changed(await stopping, isStopped, change);
  expect(found(stored)).toContain(`stop ${name}`);
});

test('a trial that is stopped without a reason is found', async () => {
  const stop = { rung: 1, step: 20, leader: { stage: 'coarse', index: 1, replicate: 1 } };
  const { stored, name } = changed(
    await stopping,
    ({ status }) => status === 'complete',
    ({ rungs }) => ({ rungs: { ...rungs!, stop: { ...stop, onlyLeader: 30, onlyTrial: 0 } } }),
  );
  expect(found(stored)).toEqual([`stop ${name}`]);
});

test('a changed result shows in what was decided from it', async () => {
  const stored = await stopping;
  const best = stored.study.winner?.trial;
  const { stored: worse } = changed(
    stored,
    ({ id }) => best !== undefined && trialName(id) === trialName(best),
    ({ result }) => ({
      result: { ...result!, curve: [{ step: 60, metrics: { validation_accuracy: 0.01 } }] },
    }),
  );
  expect(found(worse)).toContain('winner first');
});

test('another winner, another rank and another range are found', async () => {
  const stored = await stopping;
  const { study, ranks } = stored;
  const winner = { ...study.winner!, trial: { stage: 'coarse', index: 1, replicate: 1 } };
  expect(found({ ...stored, study: { ...study, winner } })).toEqual(['winner first']);
  expect(found({ ...stored, study: { ...study, winner: null } })).toEqual(['winner first']);
  const [first, ...others] = ranks.filter(({ rankInStage }) => rankInStage !== null);
  const swapped = [{ ...first!, rankInStage: 9 }, ...others];
  expect(found({ ...stored, ranks: swapped })).toEqual([`rank ${trialName(first!.trial)}`]);
  const wider = { lambda: { distribution: 'log_uniform', min: 1e-9, max: 1e-1 } } as const;
  const stages = study.stages.map((stage, at) => (at === 1 ? { ...stage, space: wider } : stage));
  expect(found({ ...stored, study: { ...study, stages } })).toContain('range fine');
});

test('a trial that was added, and one that was removed, are found', async () => {
  const stored = await stopping;
  const [first, ...others] = stored.trials;
  const extra = { ...first!, id: { ...first!.id, index: 99 } };
  expect(found({ ...stored, trials: [...stored.trials, extra] })).toContain('trial coarse/99');
  expect(found({ ...stored, trials: others })).toContain(`trial ${trialName(first!.id)}`);
});

test('differences in a stage whose contested results were settled later are a note', async () => {
  const { stored, name } = changed(await stopping, isStopped, withStop({ onlyTrial: 1 }));
  const contested = new Set([name.split('/')[0] ?? '']);
  const replay = replayDecisions({ ...stored, changes: { ...stored.changes, contested } });
  expect(replay).toMatchObject({ differences: [], notes: [expect.stringContaining(name)] });
});

test('a study in progress has no difference: choices that are not made yet are not missed', async () => {
  const stored = await stopping;
  const { study } = stored;
  const stages = study.stages.map((stage) => ({ ...stage, closed: false }));
  const running = { ...study, status: 'running' as const, winner: null, stages };
  const trials = stored.trials.map((trial): TrialRecord => {
    const [first] = trial.rungs?.results ?? [];
    if (trial.id.stage !== 'fine' || first === undefined) return trial;
    const rungs = { toStep: 20, results: [first], stop: null };
    return { ...trial, ...first, rungs, status: trial.id.index < 3 ? 'waiting' : 'paused' };
  });
  expect(found({ ...stored, study: running, trials, ranks: [] })).toEqual([]);
});
