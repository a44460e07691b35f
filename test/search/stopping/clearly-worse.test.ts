import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clearlyWorse,
  leaderAt,
  stoppingLevel,
  type Contender,
} from '../../../src/search/stopping/clearly-worse.ts';
import { countCorrect } from '../../../src/search/ranking/correctness.ts';
import { toBits } from '../support/completed-trial.ts';

function contender(index: number, correct: readonly boolean[]): Contender {
  return { id: { stage: 'coarse', index, replicate: 1 }, bits: toBits(correct) };
}

/** Two trials that disagree on these numbers of images, and are both right on ten others. */
function pair(onlyLeader: number, onlyTrial: number): [Contender, Contender] {
  const images = Array.from({ length: onlyLeader + onlyTrial + 10 }, (_, image) => image);
  const isLeaders = (image: number): boolean => image < onlyLeader;
  const isShared = (image: number): boolean => image >= onlyLeader + onlyTrial;
  return [
    contender(
      1,
      images.map((image) => isLeaders(image) || isShared(image)),
    ),
    contender(
      2,
      images.map((image) => !isLeaders(image)),
    ),
  ];
}

/** p-values of scipy 1.17.1: `binomtest(a, a + b, 0.5, alternative='greater').pvalue`. */
const golden: readonly (readonly [onlyLeader: number, onlyTrial: number, pValue: number])[] = [
  [412, 287, 1.2882105901140901e-6],
  [30, 10, 0.0011107168866146822],
  [12, 3, 0.017578125],
  [60, 35, 0.0066893515130019695],
  [55, 35, 0.02229876231395796],
  [300, 240, 0.005525240540964949],
  [1, 0, 0.5],
  [1500, 1300, 8.420581132188118e-5],
  [1431, 1342, 0.047340060798547565],
];

describe('the stopping rule', () => {
  it.each(golden)(
    'stops a trial at the p-value of scipy (%i images of the leader, %i of the trial)',
    (onlyLeader, onlyTrial, pValue) => {
      const [leader, trial] = pair(onlyLeader, onlyTrial);
      const counts = { leader: leader.id, onlyLeader, onlyTrial };
      expect(clearlyWorse(trial, leader, pValue * (1 + 1e-9))).toEqual(counts);
      expect(clearlyWorse(trial, leader, pValue * (1 - 1e-9))).toBeNull();
    },
  );

  it('divides 5 % by the number of other trials and by the number of rungs', () => {
    expect(stoppingLevel({ trials: 12, rungs: 4 })).toBeCloseTo(0.05 / 11 / 4, 15);
    expect(stoppingLevel({ trials: 1, rungs: 2 })).toBeCloseTo(0.05 / 2, 15);
  });

  const answers = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
  const rungs = fc.array(answers, { minLength: 1, maxLength: 8 });

  it('never stops the leader, nor a trial with as many correct images', () => {
    fc.assert(
      fc.property(rungs, (all) => {
        const contenders = all.map((correct, at) => contender(at + 1, correct));
        const leader = leaderAt(contenders);
        for (const one of contenders) {
          const isEqual = countCorrect(one.bits) === countCorrect(leader.bits);
          expect(countCorrect(one.bits)).toBeLessThanOrEqual(countCorrect(leader.bits));
          if (isEqual) expect(clearlyWorse(one, leader, 0.5)).toBeNull();
        }
      }),
    );
  });

  it('chooses the first of several leaders with equal counts', () => {
    const [first, second] = pair(7, 7);
    expect(leaderAt([first, second])).toBe(first);
    expect(leaderAt([second, first])).toBe(second);
  });

  it('stops no further trial if more trials or rungs are compared', () => {
    fc.assert(
      fc.property(
        rungs,
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 6 }),
        (all, trials, looks) => {
          const contenders = all.map((correct, at) => contender(at + 1, correct));
          const leader = leaderAt(contenders);
          const stopped = (more: number): number[] => {
            const level = stoppingLevel({ trials: trials + more, rungs: looks + more });
            const worse = contenders.filter((one) => clearlyWorse(one, leader, level) !== null);
            return worse.map(({ id }) => id.index);
          };
          expect(stopped(0)).toEqual(expect.arrayContaining(stopped(5)));
        },
      ),
    );
  });
});
