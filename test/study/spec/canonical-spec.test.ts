import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import {
  canonicalSpec,
  compareSpecs,
  specFromCanonical,
} from '../../../src/study/spec/canonical-spec.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import { parseTrialName, trialName } from '../../../src/study/trial.ts';
import { exampleStudy } from '../support/example-study.ts';
import { anyStudy } from '../support/study-arbitrary.ts';

describe('the canonical spelling', () => {
  const spec = exampleStudy();

  test('of any study reads back as the same study', () => {
    fc.assert(
      fc.property(anyStudy, (any) => {
        expect(specFromCanonical(canonicalSpec(any))).toEqual(any);
      }),
    );
  });

  test('is equal only for equal studies', () => {
    fc.assert(
      fc.property(anyStudy, anyStudy, (a, b) => {
        expect(compareSpecs(a, b).kind === 'same').toBe(canonicalSpec(a) === canonicalSpec(b));
      }),
    );
    expect(canonicalSpec({ ...spec, numerics: 'any' })).not.toBe(canonicalSpec(spec));
  });

  test('does not depend on the order of keys', () => {
    const turned = Object.fromEntries(Object.entries(spec).toReversed()) as unknown as StudySpec;
    expect(canonicalSpec(turned)).toBe(canonicalSpec(spec));
  });

  test('refuses every text that it would not have written', () => {
    const whole = JSON.parse(canonicalSpec(spec)) as Record<string, unknown>;
    const broken = Object.keys(whole)
      .filter((key) => !['test', 'audit', 'replicates', 'racing'].includes(key))
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
      JSON.stringify({ ...whole, seed: '3' }),
      JSON.stringify({ ...whole, test: 'all', dataset: { ...spec.dataset, test: null } }),
      JSON.stringify({ ...whole, trainer: { ...spec.trainer, measure: { kind: 'never' } } }),
      canonicalSpec(spec).replace('"hidden":50', '"hidden":1e400'),
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ]) {
      expect(() => specFromCanonical(text), text.slice(0, 60)).toThrow(RidgelineError);
    }
  });
});

test('a study that does not stratify is spelt as before there was such a thing', () => {
  const spec = exampleStudy();
  const stratified = { ...spec, dataset: { ...spec.dataset, stratify: true } } as const;
  expect(canonicalSpec(spec)).not.toContain('stratify');
  expect(canonicalSpec(stratified)).toContain('"stratify":true');
  expect(compareSpecs(spec, stratified)).toEqual({
    kind: 'different',
    fields: ['dataset.stratify'],
  });
});

test('a field of another version is refused by name, not dropped', () => {
  const newer = JSON.stringify({ ...exampleStudy(), pruning: 3 });
  expect(() => specFromCanonical(newer)).toThrow(/this version knows no field pruning/);
});

test('a study from before there were replicates has one of each λ', () => {
  const { replicates: _, racing: __, ...older } = exampleStudy();
  expect(specFromCanonical(JSON.stringify(older))).toEqual(exampleStudy());
});

test('a broken rule is named as the file spells it', () => {
  const text = canonicalSpec(exampleStudy()).replace('"stepSize":100', '"stepSize":0');
  expect(() => specFromCanonical(text)).toThrow(
    /trainer\.learning_rate\.step_size: must be a whole/,
  );
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

  test('names an alternative that changed, and whole lists', () => {
    const other: StudySpec = {
      ...spec,
      dataset: { ...spec.dataset, train: { kind: 'parts', parts: ['a', 'b'] }, test: null },
      trainer: {
        ...spec.trainer,
        length: { kind: 'epochs', epochs: 2 },
        measure: { kind: 'end' },
      },
    };
    expect(compareSpecs(spec, other)).toEqual({
      kind: 'different',
      fields: [
        'dataset.train',
        'dataset.test',
        'trainer.cycles',
        'trainer.measure',
        'trainer.epochs',
      ],
    });
    const fewer = { ...spec, stages: [{ ...coarse, trials: 13 }] };
    expect(compareSpecs(spec, fewer)).toEqual({
      kind: 'different',
      fields: ['stages.0.trials', 'stages.1'],
    });
  });

  test('calls it extended for any more trials in the last stage and any more stages', () => {
    fc.assert(
      fc.property(anyStudy, fc.nat({ max: 9 }), fc.boolean(), (stored, more, adds) => {
        const last = stored.stages.at(-1)!;
        const added = { ...last, name: 'one-more' };
        const stages = [
          ...stored.stages.slice(0, -1),
          { ...last, trials: last.trials + more },
          ...(adds ? [added] : []),
        ];
        const kind = more === 0 && !adds ? 'same' : 'extended';
        expect(compareSpecs(stored, { ...stored, stages })).toEqual({ kind });
      }),
    );
  });
});

describe('a trial', () => {
  test('has one name, and back', () => {
    for (const id of [
      { stage: 'coarse', index: 7, replicate: 1 },
      { stage: 'a.b-c', index: 12, replicate: 3 },
    ]) {
      expect(parseTrialName(trialName(id))).toEqual(id);
    }
    for (const text of ['', 'coarse', 'coarse/0', 'coarse/07', 'coarse/7.0', '/7', 'Coarse/7'])
      expect(parseTrialName(text)).toBeNull();
  });
});
