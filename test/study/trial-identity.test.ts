import { expect, test } from 'vitest';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import { studyIdentity, trialIdentity } from '../../src/study/trial-identity.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';
import { exampleStudy } from './support/example-study.ts';

const facts = { shardDigests: { digits: 'a'.repeat(64) }, selfTestDigest: 'b'.repeat(64) };
const ofStudy = (spec: StudySpec, changes: Partial<typeof facts> = {}): string | null =>
  studyIdentity({ spec, ...facts, ...changes }, describeTrainer(spec.trainer));

function identity(spec: StudySpec, params = { lambda: 0.01 }, replicate = 1): string {
  return trialIdentity(ofStudy(spec) ?? '', spec, { replicate }, params);
}

const spec = exampleStudy();

test('a trial has the same identity in another study, stage and search', () => {
  const stages = spec.stages.slice(0, 1);
  const other = { ...spec, study: 'other', stages, replicates: 3, racing: true };
  expect(identity(other)).toBe(identity(spec));
  // Whether a study fixes a setting or searches it makes no difference to the training.
  const searched = { lambda: 0.01, hidden: 20, 'learning_rate.max': 0.5 };
  const learningRate = { min: 1e-5, max: 0.5, stepSize: 100, cycleMultiplier: 1 };
  const fixed = { ...spec, trainer: { ...spec.trainer, hidden: 20, learningRate } };
  expect(identity(spec, searched)).toBe(identity(fixed));
});

test('a trial has another identity with another value, setting, seed, replicate, split, data or arithmetic', () => {
  const others = [
    identity(spec, { lambda: 0.010000000000000002 }),
    identity({ ...spec, trainer: { ...spec.trainer, batch: 51 } }),
    identity({ ...spec, seed: 4 }),
    identity(spec, undefined, 2),
    identity({ ...spec, dataset: { ...spec.dataset!, validation: { count: 300 } } }),
    identity({ ...spec, dataset: { ...spec.dataset!, stratify: true } }),
    identity({ ...spec, test: 'all' }),
    trialIdentity(
      ofStudy(spec, { shardDigests: { digits: 'c'.repeat(64) } }) ?? '',
      spec,
      { replicate: 1 },
      { lambda: 0.01 },
    ),
    trialIdentity(
      ofStudy(spec, { selfTestDigest: 'c'.repeat(64) }) ?? '',
      spec,
      { replicate: 1 },
      { lambda: 0.01 },
    ),
  ];
  expect(new Set([identity(spec), ...others]).size).toBe(others.length + 1);
});

test('results that need not be the same again have no identity', () => {
  expect(ofStudy({ ...spec, reproducible: false })).toBe(null);
  const program = {
    name: 'command',
    command: { name: 'resnet' },
    files: [],
    parameters: {},
    metrics: { objective: 'accuracy', direction: 'maximize' },
    rungs: { unit: 'steps', at: [10] },
  };
  for (const repeatable of [false, 'exact'])
    expect(ofStudy({ ...spec, trainer: { ...program, repeatable } })).toBe(null);
  expect(
    ofStudy({
      ...spec,
      trainer: { ...program, command: ['python3', 'x.py'], repeatable: 'exact' },
    }),
  ).not.toBe(null);
});
