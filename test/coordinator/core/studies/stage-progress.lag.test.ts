/** Stages with a lag: trials are planned while others are open. */
import { describe, expect, test } from 'vitest';
import { trialName, waitingTrial } from '../../../../src/study/trial.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';
import {
  coarse,
  completeResult,
  later,
  newDispatcher,
  openAttempt,
  rowsIn,
  storedStudy,
} from '../../support/small-cluster.ts';

const fingerprint = 'f'.repeat(64);
const [stage] = twoStages(12, 0);
const spec = exampleStudy({ stages: [{ ...stage!, sampler: 'model', lag: 4 }] });
const longer = exampleStudy({ stages: [{ ...stage!, trials: 20, sampler: 'model', lag: 4 }] });

/** A cluster whose 8 first trials exist. @param complete indices of complete trials; the others wait */
function clusterWith(complete: readonly number[], fingerprints: readonly string[] = [fingerprint]) {
  const trials = Array.from({ length: 8 }, (_, place) => {
    const trial = waitingTrial(coarse(place + 1), { lambda: 10 ** -(place + 1) });
    const result = {
      status: 'complete',
      worker: 'w',
      result: completeResult(),
      fingerprint,
    } as const;
    return complete.includes(place + 1) ? { ...trial, ...result } : trial;
  });
  const attempts = complete.flatMap((index) =>
    fingerprints.map((one, place) =>
      openAttempt(coarse(index), place + 1, {
        session: `s${place}`,
        tokenId: `s${place}`,
        outcome: place === 0 ? 'accepted' : 'disputed',
        fingerprint: one,
        endedAtMs: 1,
      }),
    ),
  );
  const dispatcher = newDispatcher({}, [storedStudy(spec, {}, { trials, attempts })]);
  const created = (decision: ReturnType<typeof dispatcher.tick>): string[] =>
    rowsIn(decision, 'trial-created').map(({ id }) => trialName(id));
  return { dispatcher, created };
}

describe('a stage with a lag of 4', () => {
  test('plans a trial as soon as the results up to the fourth trial before it exist', () => {
    const planned = (complete: readonly number[]): string[] => {
      const { dispatcher, created } = clusterWith(complete);
      return created(dispatcher.tick(later(1)));
    };
    expect(planned([1, 2, 3, 4])).toEqual([]);
    expect(planned([2, 3, 4, 5, 6, 7, 8])).toEqual([]);
    expect(planned([1, 2, 3, 4, 5])).toEqual(['coarse/9']);
    expect(planned([1, 2, 3, 4, 5, 6, 8])).toEqual(['coarse/9', 'coarse/10']);
  });

  test('plans nothing more until another trial has ended', () => {
    const { dispatcher, created } = clusterWith([1, 2, 3, 4, 5]);
    expect(created(dispatcher.tick(later(1)))).toEqual(['coarse/9']);
    expect(created(dispatcher.tick(later(2)))).toEqual([]);
  });

  test('plans nothing while two workers disagree about a result', () => {
    const { dispatcher, created } = clusterWith([1, 2, 3, 4, 5], [fingerprint, 'e'.repeat(64)]);
    expect(created(dispatcher.tick(later(1)))).toEqual([]);
  });

  test('plans the trials of a longer study under the same rule', () => {
    const { dispatcher, created } = clusterWith([1, 2, 3, 4, 5]);
    expect(created(dispatcher.extend(longer, later(1)))).toEqual(['coarse/9']);
  });
});
