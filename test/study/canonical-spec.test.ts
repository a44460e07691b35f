import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../src/base/errors.ts';
import { canonicalSpec, compareSpecs, specFromCanonical } from '../../src/study/canonical-spec.ts';
import type { StudySpec } from '../../src/study/study-spec.ts';
import { parseTrialName, trialName } from '../../src/study/trial.ts';
import { exampleStudy } from './example-study.ts';

describe('the canonical spelling', () => {
  const spec = exampleStudy();

  test('reads back as the same study', () => {
    expect(specFromCanonical(canonicalSpec(spec))).toEqual(spec);
  });

  test('does not depend on the order of keys', () => {
    const turned = Object.fromEntries(Object.entries(spec).toReversed()) as unknown as StudySpec;
    expect(canonicalSpec(turned)).toBe(canonicalSpec(spec));
  });

  test('refuses every text that it would not have written', () => {
    const whole = JSON.parse(canonicalSpec(spec)) as Record<string, unknown>;
    const broken = Object.keys(whole)
      .filter((key) => key !== 'test')
      .map((key) => JSON.stringify({ ...whole, [key]: null }));
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '{"__proto__": 1}',
      ...broken,
      JSON.stringify({ ...whole, seed: -1 }),
      JSON.stringify({ ...whole, stages: [] }),
    ]) {
      expect(() => specFromCanonical(text), text.slice(0, 60)).toThrow(RidgelineError);
    }
  });
});

describe('comparing studies', () => {
  const spec = exampleStudy();
  const [coarse, fine] = [spec.stages[0]!, spec.stages[1]!];

  test('knows the same, an extended and another one', () => {
    expect(compareSpecs(spec, exampleStudy()).kind).toBe('same');
    expect(compareSpecs(spec, { ...spec, stages: [coarse, { ...fine, trials: 20 }] }).kind).toBe(
      'extended',
    );
    expect(
      compareSpecs(spec, {
        ...spec,
        stages: [
          coarse,
          fine,
          { ...fine, name: 'finer', lambda: { ...fine.lambda, kind: 'narrow', narrow: 'fine' } },
        ],
      }).kind,
    ).toBe('extended');
    expect(compareSpecs(spec, { ...spec, stages: [{ ...coarse, trials: 20 }, fine] }).kind).toBe(
      'different',
    );
    expect(compareSpecs(spec, { ...spec, stages: [coarse, { ...fine, trials: 5 }] }).kind).toBe(
      'different',
    );
    expect(compareSpecs(spec, { ...spec, stages: [coarse] }).kind).toBe('different');
  });

  test('names what differs as the file spells it', () => {
    const other = {
      ...spec,
      seed: 4,
      trainer: { ...spec.trainer, learningRate: { ...spec.trainer.learningRate, stepSize: 5 } },
    };
    expect(compareSpecs(spec, other)).toEqual({
      kind: 'different',
      fields: ['seed', 'trainer.learning_rate.step_size'],
    });
  });
});

describe('a trial', () => {
  test('has one name, and back', () => {
    for (const id of [
      { stage: 'coarse', k: 7, replicate: 1 },
      { stage: 'a.b-c', k: 12, replicate: 3 },
    ]) {
      expect(parseTrialName(trialName(id))).toEqual(id);
    }
    for (const text of ['', 'coarse', 'coarse/0', 'coarse/07', 'coarse/7.0', '/7', 'Coarse/7'])
      expect(parseTrialName(text)).toBeNull();
  });
});
