import { describe, expect, test } from 'vitest';
import { diffJson, formatDiff } from '../../../src/report/terminal/diff-text.ts';
import { displayWidth } from '../../../src/report/text/display-width.ts';
import { studyDiff } from '../../../src/report/results/study-diff.ts';
import type { TextOptions } from '../../../src/report/text/text-options.ts';
import { trialJson } from '../../../src/report/files/trial-json.ts';
import type { TrialSource } from '../../../src/report/results/study-results.ts';
import { formatTrial } from '../../../src/report/terminal/trial-text.ts';
import type { AttemptRecord, TrialRecord } from '../../../src/study/trial.ts';
import {
  toDocument,
  completeResult,
  study,
  toResults,
  toSide,
  trial,
} from '../support/sample-study.ts';
import { scored, scoredTrials } from '../support/scored-study.ts';

const options: TextOptions = { width: 100, color: (_style, text) => text, unicode: true };
const results = toResults(study, scoredTrials);

function attempt(number: number, changes: Partial<AttemptRecord>): AttemptRecord {
  return {
    trial: { stage: 'fine', index: 2, replicate: 1 },
    attempt: number,
    kind: 'search',
    worker: 'node-a',
    session: 's',
    machineId: 's',
    tokenId: changes.worker ?? 'node-a',
    pack: 'p',
    assignedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
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
  test('the output of a trial has its rank, value, settings, attempts and the command that trains it again', () => {
    const text = formatTrial(source, options);
    for (const fact of [
      'λ           0.008 (8.00e-3)',
      'rank        1 of 2 in stage fine; the winner of the study',
      'validation accuracy 50.00 % ± 2.50 points; test accuracy 46.80 ± 2.23 %',
      'fine2'.padEnd(64, '0'),
      'computed once',
      'hidden 50, batch 100, cycles 1',
      'digits: train 1000 drawn by the seed',
      '\ntrain again\n  ridgeline train sample --trial fine/2\n',
      'attempts (the first on 2026-01-02, UTC)\n',
      '│ lost-1 │ lost     │ 03:04:05 │ 3.00 s │',
    ])
      expect(text).toContain(fact);
  });

  test('in 80 columns an attempt has its time, and its complete reason', () => {
    const reason =
      'the worker was lost: it has been silent for 20 s, and its lease of the trial has expired';
    const nextDay = attempt(2, {
      assignedAtMs: Date.UTC(2026, 0, 3),
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

  test('the output of a trial names the workers that verified or disputed it', () => {
    const again = attempt(3, { worker: 'node-b', kind: 'test' });
    expect(formatTrial({ ...source, attempts: [attempt(1, {}), again] }, options)).toContain(
      'yes: node-b computed the same digest',
    );
    const disputed = attempt(3, { worker: 'node-c', outcome: 'disputed' });
    expect(formatTrial({ ...source, attempts: [attempt(1, {}), disputed] }, options)).toContain(
      'NO: node-c computed another result',
    );
    const parsed = JSON.parse(trialJson({ ...source, attempts: [attempt(1, {}), again] }));
    expect(parsed).toMatchObject({ verified_by: ['node-b'], is_winner: true });
  });

  test('the output of one trial and the files of all trials agree on whether it is verified', () => {
    const outputs = (attempts: readonly AttemptRecord[], changes: Partial<TrialRecord> = {}) => {
      const trials = scoredTrials.map((each, index) =>
        index === 4 ? { ...each, ...changes } : each,
      );
      const results = toResults(study, trials, { attempts });
      const row = results.stages[1]!.rows.find((each) => each.trial === 'fine/2')!;
      const one = { ...source, results, row, trial: trials[4]!, attempts };
      const { stages } = JSON.parse(toDocument(results)) as {
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
    expect(outputs([attempt(1, {})])).toMatchObject({ inFile: null, inTrial: null });
    expect(outputs(tested('node-b'))).toMatchObject({ inFile: true, inTrial: true });
    expect(outputs(tested('node-b'), { audit: 'unchecked' })).toMatchObject({
      inFile: true,
      inTrial: true,
    });
    expect(outputs([], { audit: 'verified' })).toMatchObject({ inFile: true, inTrial: true });
    const sibling = { worker: 'node-b', tokenId: 'node-a', kind: 'test' } as const;
    const sameToken = outputs([attempt(1, {}), attempt(2, sibling)]);
    expect(sameToken).toMatchObject({ inFile: null, inTrial: null });
    expect(sameToken.words).toContain('not independently; node-b, with the same token,');
    const alone = outputs(tested('node-a'), { audit: 'repeated' });
    expect(alone).toMatchObject({ inFile: null, inTrial: null });
    expect(alone.words).toContain('not by another worker; node-a computed the same digest twice');
    const differed = outputs([
      attempt(1, {}),
      attempt(2, { worker: 'node-c', outcome: 'disputed' }),
    ]);
    expect(differed).toMatchObject({ inFile: false, inTrial: false });
  });

  test('after a correction, the worker that first computed the right result counts as a verifier of the trial', () => {
    const [fingerprint, wrong] = ['f'.repeat(64), '0'.repeat(64)];
    const attempts = [
      attempt(1, { worker: 'broken', fingerprint: wrong }),
      attempt(2, { worker: 'node-b', kind: 'audit', outcome: 'disputed', fingerprint }),
      attempt(3, { worker: 'node-a', kind: 'audit', outcome: 'disputed', fingerprint }),
    ];
    const corrected = { ...source.trial, fingerprint, audit: 'verified' as const };
    expect(formatTrial({ ...source, trial: corrected, attempts }, options)).toContain(
      'yes: node-b computed the same digest',
    );
  });

  test('only the command of a trial may be wider than the terminal', () => {
    const long = { ...source, command: `ridgeline train sample --state /${'x'.repeat(100)}` };
    for (const width of [40, 80, 200]) {
      for (const line of formatTrial(long, { ...options, width }).split('\n'))
        if (!line.includes('ridgeline train'))
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test('the output of a trial that has not ended shows that it has no attempts and is not verified', () => {
    const waiting = { ...scoredTrials[4]!, status: 'waiting', result: null, worker: null } as const;
    const early = toResults({ ...study, winner: null }, [waiting]);
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
  const side = toSide(study, scoredTrials);
  const otherSide = toSide(other, [first!, scored('coarse', 2, 4e-3, { right: 100 })]);

  test('two studies are compared field by field and trial by trial', () => {
    const diff = studyDiff(side, otherSide);
    expect(diff.fields.slice(0, 1)).toEqual([{ field: 'trainer.hidden', a: 50, b: 100 }]);
    expect(diff.fields.map(({ field }) => field)).toContain('stages.fine.trials');
    expect(diff.trials).toEqual({
      shared: 2,
      compared: 2,
      digestEqual: 2,
      digestDifferent: [],
    });
  });

  test('the difference of the best values is paired over the same validation images', () => {
    // 188 and 176 of 400 images are correct, the second study on a part of those of the first.
    const [a, b] = [188, 176].map((right, index) =>
      toSide(index === 0 ? { ...study, winner: null } : { ...other, winner: null }, [
        scored('coarse', 1, 1e-3, { right }),
      ]),
    );
    const { difference } = studyDiff(a!, b!);
    expect(difference).toMatchObject({ pairedImages: 400 });
    expect(difference!.value).toBeCloseTo(-0.03, 12);
    // 12 images differ, all in one direction: s² of the differences over n, and McNemar's exact test.
    expect(difference!.standardError).toBeCloseTo(Math.sqrt((0.03 - 0.03 ** 2) / 399), 12);
    expect(difference!.pValue).toBeCloseTo(2 * 0.5 ** 12, 12);
    const text = formatDiff(a!, b!, studyDiff(a!, b!), { ...options, width: 400 });
    expect(text).toContain('other − sample: −3.00 ± 0.85 points; significant (two-sided p 4.9e-4;');
    expect(JSON.parse(diffJson(a!, b!, studyDiff(a!, b!)))).toMatchObject({
      difference: { metric: 'validation_accuracy', paired_images: 400 },
      spec: expect.arrayContaining([{ field: 'trainer.hidden', a: 50, b: 100 }]),
    });
  });

  test('the difference of the best values adds the errors if another seed drew other images', () => {
    const reseeded = { ...study, winner: null, spec: { ...study.spec, seed: 8 } };
    const a = toSide({ ...study, winner: null }, [scored('coarse', 1, 1e-3, { right: 188 })]);
    const b = toSide(reseeded, [scored('coarse', 1, 1e-3, { right: 176 })]);
    const { difference } = studyDiff(a, b);
    const errors = [0.47, 0.44].map((p) => Math.sqrt((p * (1 - p)) / 400));
    expect(difference!.pairedImages).toBeNull();
    expect(difference!.standardError).toBeCloseTo(Math.hypot(...errors), 12);
    expect(difference!.pValue).toBeCloseTo(0.393, 2);
  });

  test('two studies with different objectives, or without a value, have no difference', () => {
    const objective = { metric: 'validation_loss', direction: 'minimize' } as const;
    const byLoss = { ...study, spec: { ...study.spec, objective }, winner: null };
    const losses = toSide(byLoss, [trial('coarse', 1, 1e-3)]);
    expect(studyDiff(side, losses).difference).toBeNull();
    expect(studyDiff(side, toSide({ ...study, winner: null }, [])).difference).toBeNull();
  });

  test('the comparison lists trials with different digests', () => {
    const result = winner!.result!;
    if (result.kind !== 'complete') throw new Error('the winner is complete');
    const changed = { ...winner!, result: { ...result, digest: 'f'.repeat(64) } };
    const renamed = toSide(study, [...scoredTrials.slice(0, 4), changed]);
    const diff = studyDiff(side, renamed);
    expect(diff.fields).toEqual([]);
    const text = formatDiff(side, renamed, diff, options);
    expect(text).toContain('differ only in the name');
    expect(text).toContain('5 trials in both; 3 of 4 completed in both have equal digests');
    expect(text).toContain('not equal: fine/2');
  });

  test('the comparison has the median of the values, also after a race', () => {
    const second = scored('coarse', 2, 1e-2, { right: 100 });
    const raced = toSide({ ...study, winner: null }, [
      scored('coarse', 1, 1e-3, { right: 120 }),
      second,
      { ...second, id: { ...second.id, replicate: 2 } },
      scored('coarse', 3, 1e-4, { right: 160 }),
    ]);
    const [coarse] = studyDiff(raced, raced).stages;
    expect(coarse?.a).toMatchObject({ best: { trial: 'coarse/2' }, median: 0.3 });
  });

  test('the comparison has the complete range of the tied λ in 80 columns', () => {
    const text = formatDiff(side, side, studyDiff(side, side), { ...options, width: 80 });
    expect(text).toMatch(/not significantly worse +│ \d+ of \d+ +│/);
    expect(text).toMatch(
      /λ of these +│ \d\.\d\de-\d … \d\.\d\de-\d +│ \d\.\d\de-\d … \d\.\d\de-\d +│/,
    );
  });

  test('the comparison prints the standard error of a loss in nats, not in percent', () => {
    const objective = { metric: 'validation_loss', direction: 'minimize' } as const;
    const byLoss = { ...study, spec: { ...study.spec, objective, replicates: 2 }, winner: null };
    const repeated = [1.5, 1.52].map((loss, index) => ({
      ...trial('coarse', 1, 1e-3, { result: completeResult(0.4, { validation_loss: loss }) }),
      id: { stage: 'coarse', index: 1, replicate: index + 1 },
    }));
    const losses = toSide(byLoss, repeated);
    const text = formatDiff(losses, losses, studyDiff(losses, losses), options);
    expect(text).toMatch(/best value +│ 1\.5100 ± 0\.0100 /);
    const row = losses.results.stages[0]!.rows[0]!;
    const one = { ...source, study: byLoss, results: losses.results, row, trial: repeated[0]! };
    expect(formatTrial(one, options)).toMatch(/validation loss 1\.5100 ± 0\.0100(?! points)/);
  });

  test('the comparison is printed as tables and as JSON', () => {
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
