import { describe, expect, test } from 'vitest';
import { diffJson, formatDiff } from '../../../src/report/terminal/diff-text.ts';
import { displayWidth } from '../../../src/report/text/display-width.ts';
import { formatJson } from '../../../src/report/files/json.ts';
import { diffSide, studyDiff } from '../../../src/report/results/study-diff.ts';
import { studyResults } from '../../../src/report/results/study-results.ts';
import type { TextOptions } from '../../../src/report/text/text-options.ts';
import { trialJson } from '../../../src/report/files/trial-json.ts';
import { formatTrial, type TrialSource } from '../../../src/report/terminal/trial-text.ts';
import type { AttemptRecord, TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, trial } from '../support/sample-study.ts';
import { scored, scoredTrials } from '../support/scored-study.ts';

const options: TextOptions = { width: 100, color: (_style, text) => text, unicode: true };
const results = studyResults(study, scoredTrials);

function attempt(number: number, changes: Partial<AttemptRecord>): AttemptRecord {
  return {
    trial: { stage: 'fine', index: 2, replicate: 1 },
    attempt: number,
    kind: 'search',
    worker: 'node-a',
    session: 's',
    pack: 'p',
    grantedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    endedAtMs: Date.UTC(2026, 0, 2, 3, 4, 8),
    outcome: 'accepted',
    reason: null,
    fingerprint: null,
    ...changes,
  };
}

const source: TrialSource = {
  study,
  results,
  row: results.stages[1]!.rows[0]!,
  trial: scoredTrials[4]!,
  attempts: [attempt(1, { worker: 'lost-1', outcome: 'lost' }), attempt(2, {})],
  command: 'ridgeline train sample --trial fine/2',
};

describe('one trial', () => {
  test('is told with its place, value, settings, attempts and the command that trains it again', () => {
    const text = formatTrial(source, options);
    for (const fact of [
      'λ           0.008 (8.00e-3)',
      'rank 1 of 2 in stage fine; the winner of the study',
      'validation accuracy 50.00 % ± 2.50 points; test accuracy 46.80 %',
      'fine2'.padEnd(64, '0'),
      'computed once',
      'hidden 50, batch 100, cycles 1',
      'digits: train 1000 drawn by the seed',
      '\ntrain again\n  ridgeline train sample --trial fine/2\n',
      'attempts (the first on 2026-01-02, UTC)\n',
      '│ lost-1 │ lost     │ 03:04:05 │ 3 s  │',
    ])
      expect(text).toContain(fact);
  });

  test('says in 80 columns when an attempt was granted, and all of why it ended', () => {
    const reason =
      'the worker was lost: it has not been heard of for 20 s, and its lease of the trial has ended';
    const nextDay = attempt(2, {
      grantedAtMs: Date.UTC(2026, 0, 3),
      worker: 'gpu-node-17.cluster',
    });
    const text = formatTrial(
      { ...source, attempts: [attempt(1, { outcome: 'lost', reason }), nextDay] },
      { ...options, width: 80 },
    );
    expect(text).toContain('│ 03:04:05 ');
    expect(text).toContain('│ 2026-01-03 00:00:00 │');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`attempt 1: ${reason}`);
  });

  test('says who verified it, and who computed another result', () => {
    const again = attempt(3, { worker: 'node-b', kind: 'test' });
    expect(formatTrial({ ...source, attempts: [attempt(1, {}), again] }, options)).toContain(
      'yes: the same digest again on node-b',
    );
    const disputed = attempt(3, { worker: 'node-c', outcome: 'disputed' });
    expect(formatTrial({ ...source, attempts: [attempt(1, {}), disputed] }, options)).toContain(
      'NO: node-c computed another result',
    );
    const parsed = JSON.parse(trialJson({ ...source, attempts: [attempt(1, {}), again] }));
    expect(parsed).toMatchObject({ verified_by: ['node-b'], is_winner: true });
  });

  test('is verified in its own outputs where it is in the files of all', () => {
    const of = (attempts: readonly AttemptRecord[], changes: Partial<TrialRecord> = {}) => {
      const trials = scoredTrials.map((each, index) =>
        index === 4 ? { ...each, ...changes } : each,
      );
      const told = studyResults(study, trials, 'lambda', attempts);
      const row = told.stages[1]!.rows.find((each) => each.trial === 'fine/2')!;
      const one = { ...source, results: told, row, trial: trials[4]!, attempts };
      const { stages } = JSON.parse(formatJson(told)) as {
        stages: { trials: { trial: string; verified: unknown }[] }[];
      };
      return {
        inFile: stages[1]!.trials.find((each) => each.trial === 'fine/2')!.verified,
        inTrial: (JSON.parse(trialJson(one)) as { verified: unknown }).verified,
        words: formatTrial(one, options)
          .split('\n')
          .find((line) => line.startsWith('verified')),
      };
    };
    const tested = (worker: string) => [attempt(1, {}), attempt(2, { worker, kind: 'test' })];
    expect(of([attempt(1, {})])).toMatchObject({ inFile: null, inTrial: null });
    expect(of(tested('node-b'))).toMatchObject({ inFile: true, inTrial: true });
    expect(of(tested('node-b'), { audit: 'unchecked' })).toMatchObject({
      inFile: true,
      inTrial: true,
    });
    expect(of([], { audit: 'verified' })).toMatchObject({ inFile: true, inTrial: true });
    const alone = of(tested('node-a'), { audit: 'repeated' });
    expect(alone).toMatchObject({ inFile: null, inTrial: null });
    expect(alone.words).toContain('by no other worker; the same digest again on node-a, its own');
    const differed = of([attempt(1, {}), attempt(2, { worker: 'node-c', outcome: 'disputed' })]);
    expect(differed).toMatchObject({ inFile: false, inTrial: false });
  });

  test('was verified by who computed the right result before it took the place of a wrong one', () => {
    const [fingerprint, wrong] = ['f'.repeat(64), '0'.repeat(64)];
    const attempts = [
      attempt(1, { worker: 'broken', fingerprint: wrong }),
      attempt(2, { worker: 'node-b', kind: 'audit', outcome: 'disputed', fingerprint }),
      attempt(3, { worker: 'node-a', kind: 'audit', outcome: 'disputed', fingerprint }),
    ];
    const corrected = { ...source.trial, fingerprint, audit: 'verified' as const };
    expect(formatTrial({ ...source, trial: corrected, attempts }, options)).toContain(
      'yes: the same digest again on node-b',
    );
  });

  test('has no line wider than the terminal but the command, which is there to be copied', () => {
    const long = { ...source, command: `ridgeline train sample --state /${'x'.repeat(100)}` };
    for (const width of [40, 80, 200]) {
      for (const line of formatTrial(long, { ...options, width }).split('\n'))
        if (!line.includes('ridgeline train'))
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test('is told before it has ended, too', () => {
    const waiting = { ...scoredTrials[4]!, status: 'waiting', result: null, worker: null } as const;
    const early = studyResults({ ...study, winner: null }, [waiting]);
    const text = formatTrial(
      { ...source, results: early, row: early.stages[1]!.rows[0]!, trial: waiting, attempts: [] },
      options,
    );
    expect(text).toContain('attempts\n  none yet');
    expect(text).toContain('verified    -');
  });
});

describe('two studies', () => {
  const [first, , , , winner] = scoredTrials;
  const other = {
    ...study,
    spec: {
      ...study.spec,
      study: 'other',
      trainer: { ...study.spec.trainer, hidden: 100 },
      stages: [study.spec.stages[0]!],
    },
    stages: [study.stages[0]!],
    winner: null,
  };
  const side = diffSide(study, scoredTrials);
  const otherSide = diffSide(other, [first!, scored('coarse', 2, 4e-3, { right: 100 })]);

  test('are compared field by field, and trial by trial', () => {
    const diff = studyDiff(side, otherSide);
    expect(diff.fields.slice(0, 1)).toEqual([{ field: 'trainer.hidden', a: '50', b: '100' }]);
    expect(diff.fields.map(({ field }) => field)).toContain('stages.fine.trials');
    expect(diff.trials).toEqual({
      shared: 2,
      compared: 2,
      digestEqual: 2,
      digestDifferent: [],
    });
  });

  test('show what is not equal', () => {
    const result = winner!.result!;
    if (result.kind !== 'complete') throw new Error('the winner is complete');
    const changed = { ...winner!, result: { ...result, digest: 'f'.repeat(64) } };
    const renamed = diffSide(study, [...scoredTrials.slice(0, 4), changed]);
    const diff = studyDiff(side, renamed);
    expect(diff.fields).toEqual([]);
    const text = formatDiff(side, renamed, diff, options);
    expect(text).toContain('differ in nothing but the name');
    expect(text).toContain('5 trials in both; 3 of 4 completed in both have equal digests');
    expect(text).toContain('not equal: fine/2');
  });

  test('have the median of the values, whatever their order by rank after a race', () => {
    const second = scored('coarse', 2, 1e-2, { right: 100 });
    const raced = diffSide({ ...study, winner: null }, [
      scored('coarse', 1, 1e-3, { right: 120 }),
      second,
      { ...second, id: { ...second.id, replicate: 2 } },
      scored('coarse', 3, 1e-4, { right: 160 }),
    ]);
    const [coarse] = studyDiff(raced, raced).stages;
    expect(coarse?.a).toMatchObject({ best: { trial: 'coarse/2' }, median: 0.3 });
  });

  test('have the λ of the tied whole in 80 columns', () => {
    const text = formatDiff(side, side, studyDiff(side, side), { ...options, width: 80 });
    expect(text).toMatch(/tied with best +│ \d+ of \d+ +│/);
    expect(text).toMatch(
      /λ of the tied +│ \d\.\d\de-\d … \d\.\d\de-\d +│ \d\.\d\de-\d … \d\.\d\de-\d +│/,
    );
  });

  test('give the error of a loss as a loss', () => {
    const objective = { metric: 'validation_loss', direction: 'minimize' } as const;
    const byLoss = { ...study, spec: { ...study.spec, objective, replicates: 2 }, winner: null };
    const repeated = [1.5, 1.52].map((validationLoss, index) => ({
      ...trial('coarse', 1, 1e-3, { result: completeResult(0.4, { validationLoss }) }),
      id: { stage: 'coarse', index: 1, replicate: index + 1 },
    }));
    const losses = diffSide(byLoss, repeated);
    const text = formatDiff(losses, losses, studyDiff(losses, losses), options);
    expect(text).toMatch(/best value +│ 1\.5100 ± 0\.0100 /);
    const row = losses.results.stages[0]!.rows[0]!;
    const one = { ...source, study: byLoss, results: losses.results, row, trial: repeated[0]! };
    expect(formatTrial(one, options)).toMatch(/validation loss 1\.5100 ± 0\.0100(?! points)/);
  });

  test('print as tables and as JSON', () => {
    const diff = studyDiff(side, otherSide);
    const text = formatDiff(side, otherSide, diff, options);
    expect(text).toContain('│ trainer.hidden');
    expect(text).toMatch(/best trial +│ fine\/2 +│ coarse\/1/);
    expect(JSON.parse(diffJson(side, otherSide, diff))).toMatchObject({
      a: { study: 'sample', winner: { trial: 'fine/2', test_accuracy: 0.468 } },
      b: { study: 'other', winner: null, best_trial: 'coarse/1' },
      trials: { shared: 2, digest_equal: 2, digest_different: 0 },
    });
    for (const width of [40, 80])
      for (const line of formatDiff(side, otherSide, diff, { ...options, width }).split('\n'))
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });
});
