/** Any valid study, for properties. */
import fc from 'fast-check';
import { isAmbiguousName } from '../../../src/config/ambiguous-names.ts';
import { datasetNames } from '../../../src/study/spec/dataset-names.ts';
import { datasetFormats } from '../../../src/study/spec/study-schema.ts';
import type { SamplerSpec } from '../../../src/study/spec/sampler-keys.ts';
import type { Selection, StageSpec, StudySpec } from '../../../src/study/spec/study-spec.ts';

const name = fc
  .stringMatching(/^[a-z0-9][a-z0-9_.-]{0,12}$/)
  .filter((text) => !isAmbiguousName(text));
const positive = fc.double({ min: 1e-12, max: 100, noNaN: true });
const bounds = fc
  .tuple(positive, fc.double({ min: 1.001, max: 1e3, noNaN: true }))
  .map(([min, ratio]) => ({ min, max: min * ratio }));
const count: fc.Arbitrary<Selection> = fc.record({
  count: fc.integer({ min: 1, max: 50_000 }),
});
const fraction: fc.Arbitrary<Selection> = fc.record({
  fraction: fc.double({ min: 1e-9, max: 1 / 3, noNaN: true }),
});
const selection = (shard: string): fc.Arbitrary<Selection> =>
  fc.oneof(
    count,
    fraction,
    fc
      .integer({ min: 1, max: 4 })
      .map((shards) => Array.from({ length: shards }, (_, index) => `${shard}_${index}`)),
  );

const anyTrainer = fc.record({
  name: fc.constant('two-layer'),
  hidden: fc.integer({ min: 1, max: 4096 }),
  batch: fc.integer({ min: 1, max: 100_000 }),
  learningRate: fc
    .record({
      bounds,
      stepSize: fc.integer({ min: 1, max: 5_000 }),
      grows: fc.integer({ min: 1, max: 16 }),
    })
    .map(({ bounds: { min, max }, stepSize, grows }) => ({
      min,
      max: Math.min(max, 1e3),
      stepSize,
      cycleMultiplier: grows,
    })),
  length: fc.oneof(
    fc.record({ cycles: fc.integer({ min: 1, max: 99 }) }),
    fc.record({ epochs: fc.integer({ min: 1, max: 9_999 }) }),
  ),
  measure: fc.oneof(
    fc.constantFrom('cycle', 'epoch', 'end'),
    fc.record({ steps: fc.integer({ min: 100, max: 1e9 }) }),
  ),
  dropout: fc.double({ min: 0, max: 0.999, noNaN: true }).map(Math.abs), // JSON has no −0.
  mirror: fc.boolean(),
  shift: fc.integer({ min: 0, max: 64 }),
});

/** Growing cycles are soon too long: two of them are enough. */
const trainer = anyTrainer.map(({ length, ...settings }) =>
  'cycles' in length
    ? {
        ...settings,
        cycles: settings.learningRate.cycleMultiplier > 1 ? 1 + (length.cycles % 2) : length.cycles,
      }
    : { ...settings, ...length },
);

const stages: fc.Arbitrary<StageSpec[]> = fc
  .array(
    fc.record({
      name,
      trials: fc.integer({ min: 3, max: 1_000_000 }),
      range: bounds,
      narrows: fc.nat(),
      hidden: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1 })),
      sampler: fc.constantFrom<SamplerSpec>(
        {},
        { sampler: 'spread' },
        { sampler: 'model', round: 4 },
      ),
      also: fc.array(fc.record({ lambda: fc.constantFrom(0, 1e-3) }), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drafts) =>
    drafts.map(({ trials, range, narrows, hidden, also, sampler, ...draft }, index) => {
      const names = drafts.map((other, place) => `${other.name}_${place}`);
      const earlier = index === 0 || narrows % 2 === 0 ? undefined : names[narrows % index];
      return {
        name: `${draft.name}_${index}`,
        trials,
        search: {
          lambda:
            earlier === undefined
              ? { distribution: 'log_uniform', ...range }
              : { distribution: 'log_uniform', narrow: earlier },
          // A stage that narrows has one hyperparameter.
          ...(hidden !== null &&
            earlier === undefined && {
              hidden: { distribution: 'values', values: hidden },
            }),
        },
        ...(also.length > 0 && { also }),
        // The model starts with 8 trials, and has at most 2,000.
        ...(sampler.sampler === 'model' && (trials < 9 || trials > 2_000) ? {} : sampler),
      };
    }),
  );

export const anyStudy: fc.Arbitrary<StudySpec> = fc
  .record({
    study: name,
    seed: fc.maxSafeNat(),
    dataset: fc.record({
      source: fc.oneof(
        fc.record({ name: fc.constantFrom(...datasetNames) }),
        fc.record({
          path: fc.string(),
          format: fc.constantFrom(...datasetFormats),
        }),
      ),
      train: selection('train'),
      validation: selection('validation'),
      test: fc.option(selection('test')),
      stratify: fc.boolean(),
    }),
    trainer,
    objective: fc.record({
      metric: fc.constantFrom(
        'validation_accuracy',
        'validation_loss',
        'validation_cost',
        'train_accuracy',
        'train_loss',
      ),
      direction: fc.constantFrom('maximize', 'minimize'),
    }),
    stages,
    replicates: fc.integer({ min: 2, max: 100 }),
    hasReplicates: fc.boolean(),
    racing: fc.boolean(),
    reproducible: fc.boolean(),
    test: fc.constantFrom('winner', 'all'),
    audit: fc.option(
      fc.record({
        random: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs),
        top: fc.nat(1_000_000),
      }),
    ),
  })
  .map(({ dataset: { stratify, source, test, ...splits }, audit, ...spec }) => {
    const isDrawn = [splits.train, splits.validation, test].some(
      (split) => split !== null && !Array.isArray(split),
    );
    return {
      ...spec,
      dataset: {
        ...source,
        ...splits,
        stratify: stratify && isDrawn,
        ...(test === null ? {} : { test }),
      },
      test: test === null ? ('winner' as const) : spec.test,
      ...(audit === null || !spec.reproducible ? {} : { audit }),
    };
  })
  .map(({ hasReplicates, ...spec }) => {
    // A million trials of a stage are the most, however they come about.
    const isSmall = spec.stages.every(({ trials }) => trials * spec.replicates <= 1_000_000);
    return hasReplicates && isSmall ? spec : { ...spec, replicates: 1, racing: false };
  })
  .map((spec) =>
    spec.racing
      ? {
          ...spec,
          objective: { metric: 'validation_accuracy', direction: 'maximize' } as const,
        }
      : spec,
  );
