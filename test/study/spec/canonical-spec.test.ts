import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import {
  canonicalSettings,
  canonicalSpec,
  parseSettings,
  parseSpec,
  readStoredSpec,
} from '../../../src/study/spec/canonical-spec.ts';
import { compareSpecs } from '../../../src/study/spec/compare-specs.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { exampleStudy } from '../support/example-study.ts';
import { anyStudy } from '../support/study-arbitrary.ts';

describe('the canonical text', () => {
  const spec = exampleStudy();

  test('of any study parses to the same study, with and without a trainer description', () => {
    fc.assert(
      fc.property(anyStudy, (any) => {
        const text = canonicalSpec(any);
        expect(parseSpec(text, describeTrainer)).toEqual(any);
        expect(readStoredSpec(text)).toEqual(any);
      }),
    );
  });

  test('is equal only for equal studies', () => {
    fc.assert(
      fc.property(anyStudy, anyStudy, (a, b) => {
        expect(compareSpecs(a, b).kind === 'same').toBe(canonicalSpec(a) === canonicalSpec(b));
      }),
    );
    expect(canonicalSpec({ ...spec, reproducible: false })).not.toBe(canonicalSpec(spec));
  });

  test('does not depend on the order of keys', () => {
    const turned = Object.fromEntries(Object.entries(spec).toReversed()) as unknown as StudySpec;
    expect(canonicalSpec(turned)).toBe(canonicalSpec(spec));
  });

  test('has the keys of the study file, in alphabetical order', () => {
    expect(canonicalSpec(spec)).toContain(
      '"search":{"lambda":{"distribution":"log_uniform","max":0.1,"min":1e-9}},"trials":12',
    );
    expect(canonicalSpec(spec)).toContain('"learning_rate":{"cycle_multiplier":1,"max":0.1');
  });

  test('is rejected if it is not the text of a valid study', () => {
    const whole = JSON.parse(canonicalSpec(spec)) as Record<string, unknown>;
    const broken = Object.keys(whole).map((key) => JSON.stringify({ ...whole, [key]: null }));
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
      JSON.stringify({ ...whole, test: 'all', dataset: { ...spec.dataset, test: undefined } }),
      JSON.stringify({ ...whole, trainer: { ...spec.trainer, measure: 'never' } }),
      JSON.stringify({ ...whole, trainer: { ...spec.trainer, name: 'another' } }),
      canonicalSpec(spec).replace('"hidden":50', '"hidden":1e400'),
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ]) {
      expect(() => parseSpec(text, describeTrainer), text.slice(0, 60)).toThrow(RidgelineError);
    }
  });

  test('with a key of another version is rejected, and the message names the key', () => {
    const newer = JSON.stringify({ ...JSON.parse(canonicalSpec(exampleStudy())), pruning: 3 });
    expect(() => parseSpec(newer, describeTrainer)).toThrow(/"pruning"/);
  });

  test('with a broken rule is rejected with the path of the study file', () => {
    const text = canonicalSpec(exampleStudy()).replace('"step_size":100', '"step_size":0');
    expect(() => parseSpec(text, describeTrainer)).toThrow(
      /trainer\.learning_rate\.step_size: must be a whole/,
    );
  });
});

test('the settings of any trainer parse to the same settings, and wrong ones are rejected', () => {
  fc.assert(
    fc.property(anyStudy, ({ trainer }) => {
      expect(parseSettings(canonicalSettings(trainer), describeTrainer)).toEqual(trainer);
    }),
  );
  const { trainer } = exampleStudy();
  for (const wrong of [{ hidden: 0 }, { cycles: undefined }, { depth: 3 }, { name: 'another' }]) {
    const text = canonicalSettings({ ...trainer, ...wrong });
    expect(() => parseSettings(text, describeTrainer), text).toThrow(RidgelineError);
  }
});
