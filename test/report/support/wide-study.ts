/**
 * A study of several hyperparameters of mixed kinds: logarithmic, linear, whole numbers, a list of numbers, a
 * switch, one that is active for the largest network only, and a known configuration with λ = 0.
 */
import { RandomStream } from '../../../src/base/philox.ts';
import { knownIndexBase, type TrialRecord } from '../../../src/study/trial.ts';
import type { Params, SearchSpace } from '../../../src/study/search-space.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import { completeResult, study, trial } from './sample-study.ts';

const wideSpace: SearchSpace = {
  lambda: { distribution: 'log_uniform', min: 1e-9, max: 1e-1 },
  'learning_rate.max': { distribution: 'log_uniform', min: 0.01, max: 0.5 },
  hidden: { distribution: 'values', values: [100, 25, 50] },
  dropout: { distribution: 'uniform', min: 0, max: 0.5, where: { hidden: [100] } },
  shift: { distribution: 'integer', min: 0, max: 8 },
  mirror: { distribution: 'values', values: [false, true] },
};

const trialCount = 60;

export const wideStudy: StudyRecord = {
  ...study,
  spec: exampleStudy({
    study: 'wide',
    seed: 7,
    stages: [{ name: 'only', trials: trialCount, search: wideSpace, also: [{ lambda: 0 }] }],
  }),
  stages: [{ name: 'only', trials: trialCount + 1, space: wideSpace, reason: null, closed: true }],
  winner: null,
};

const random = new RandomStream(1, 'audit');

function params(index: number): Params {
  const u = (d: number): number => random.uniformAt(10 * index + d);
  const hidden = [25, 50, 100][Math.floor(3 * u(2))]!;
  return {
    lambda: 1e-9 * 1e8 ** u(0),
    'learning_rate.max': 0.01 * 50 ** u(1),
    hidden,
    ...(hidden === 100 && { dropout: 0.5 * u(3) }),
    shift: Math.floor(9 * u(4)),
    mirror: u(5) < 0.5,
  };
}

/** The learning rate matters most, then the number of hidden units; trials with a large rate diverge. */
function accuracy({ hidden, 'learning_rate.max': rate, lambda }: Params): number | null {
  if (Number(rate) > 0.4) return null;
  const decades = Math.log10(Number(rate)) + 1;
  const regularized = Number(lambda) > 0 ? 0.001 * Math.log10(Number(lambda) * 1e9) : 0;
  return 0.46 - 0.03 * decades ** 2 + 0.0001 * Number(hidden) + regularized;
}

function wideTrial(index: number, own: Params): TrialRecord {
  const value = accuracy(own);
  const steps = { kind: 'diverged', steps: 40, seconds: 1, curve: [] } as const;
  const base = trial('only', index, 0, value === null ? {} : { result: completeResult(value) });
  if (value !== null) return { ...base, params: own };
  return { ...base, params: own, status: 'failed', reason: 'diverged', result: steps };
}

export const wideTrials: readonly TrialRecord[] = [
  ...Array.from({ length: trialCount }, (_, index) => wideTrial(index + 1, params(index))),
  wideTrial(knownIndexBase + 1, { ...params(trialCount), lambda: 0 }),
];
