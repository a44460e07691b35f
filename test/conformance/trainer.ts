/**
 * Trainer conformance: tests that every implementation of the trainer port passes.
 *
 * Call `trainerConformance` in a test file with a trainer and small inputs: it registers the tests.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { TrainingData } from '../../src/study/images.ts';
import type { Metrics } from '../../src/study/metrics.ts';
import { resultProblem } from '../../src/study/result-problem.ts';
import type { Params } from '../../src/study/search-space.ts';
import { trialSettings } from '../../src/study/trial-settings.ts';
import { toCamel, toSnake } from '../../src/study/spec/case-codec.ts';
import type { TrialResult } from '../../src/study/trial.ts';
import type { Trainer, TrainHooks, Training, TrainingContext } from '../../src/trainers/trainer.ts';
import { trainTrials, type TrialsHooks } from '../../src/trainers/train-trials.ts';

export interface TrainerInputs {
  /** Hyperparameters of two trials or more that do not diverge. */
  readonly params: readonly Params[];
  /** Hyperparameters with which a trial diverges; null if none do. */
  readonly diverging: Params | null;
  /** With a test split. */
  readonly data: TrainingData;
  /** Settings with two rungs or more. The suite measures the test split where it needs to. */
  readonly context: TrainingContext;
}

const hooks: TrainHooks = { nowMs: () => 0 };

export function trainerConformance(
  name: string,
  trainer: Trainer,
  makeInputs: () => TrainerInputs | Promise<TrainerInputs>,
): void {
  describe(`the trainer ${name}`, () => {
    let inputs: TrainerInputs;
    let packMax: number;
    let alone: readonly TrialResult[];
    beforeAll(async () => {
      inputs = await makeInputs();
      const { params, context } = inputs;
      packMax = Math.min(
        ...params.map((values) => trainer.packSize(trialSettings(context.settings, values))),
      );
      alone = params.map((values) => trainAlone(values));
    });

    const open = (params: readonly Params[]): Training =>
      trainer.open(
        params.map((values) => ({ params: values })),
        inputs.data,
        inputs.context,
      );
    const listRungs = (): readonly number[] =>
      trainer.rungs(inputs.context.settings, inputs.data.train.records.length);
    const lastRung = (): number => listRungs().at(-1) ?? 0;
    const train = (
      params: readonly Params[],
      more: Partial<TrainingContext> = {},
      moreHooks: Partial<TrialsHooks> = {},
    ): TrialResult[] => {
      const request = { ...inputs.context, ...more, params };
      return trainTrials(trainer, request, inputs.data, { ...hooks, ...moreHooks }) ?? [];
    };
    const trainAlone = (params: Params, more: Partial<TrainingContext> = {}): TrialResult => {
      const [result] = train([params], more);
      if (result === undefined) throw new Error('training was stopped');
      return result;
    };

    test('accepts the settings that its schema writes out', () => {
      const { name: named, ...settings } = inputs.context.settings;
      expect([trainer.name, undefined]).toContain(named);
      const parsed: unknown = toCamel(trainer.settings.parse(toSnake(settings)));
      expect(parsed).toEqual(settings);
      const isGiven = ([key = '']: readonly (string | number)[]): boolean =>
        Object.hasOwn(Object(toSnake(settings)), key);
      expect(trainer.problems(inputs.context.settings, isGiven)).toEqual([]);
    });

    test('gives results that agree with what it declares', () => {
      const { context, data, params } = inputs;
      const records = data.train.records.length;
      const rules = {
        metrics: trainer.metrics,
        schedule: trainer.measuredSteps(context.settings, records),
        isThinned: () => false,
        validationCount: data.validation.records.length,
        measuresAnyStep: false,
        measuresTest: context.measureTest,
      };
      for (const [index, result] of alone.entries()) {
        const progressAt = (step: number): Metrics =>
          trainer.progressAt(trialSettings(context.settings, params[index] ?? {}), records, step);
        expect(resultProblem(result, { ...rules, progressAt })).toBe(null);
      }
      const { diverging } = inputs;
      if (diverging === null) return;
      const progressAt = (step: number): Metrics =>
        trainer.progressAt(trialSettings(context.settings, diverging), records, step);
      expect(resultProblem(trainAlone(diverging), { ...rules, progressAt })).toBe(null);
    });

    test('has ascending rungs of whole steps', () => {
      const rungs = listRungs();
      expect(rungs.length).toBeGreaterThan(1);
      for (const [index, rung] of rungs.entries()) {
        expect(Number.isSafeInteger(rung) && rung > (rungs[index - 1] ?? 0)).toBe(true);
      }
    });

    test('has packs of one trial or more, and an effective minimum that is null or positive', () => {
      const { settings } = inputs.context;
      for (const params of inputs.params) {
        expect(Number.isSafeInteger(packMax) && packMax >= 1).toBe(true);
        expect(trainer.packKey(params)).toBe(trainer.packKey({ ...params }));
        for (const parameter of Object.keys(trainer.parameters)) {
          expect(
            trainer.effectiveMinimum(parameter, settings, lastRung()) ?? 1,
          ).toBeGreaterThanOrEqual(0);
        }
      }
    });

    test('gives the same result for the same inputs', () => {
      expect(inputs.params.map((params) => trainAlone(params))).toEqual(alone);
      for (const result of alone) {
        expect(result).toMatchObject({ kind: 'complete', steps: lastRung() });
        if (result.kind === 'complete' && trainer.reproducible) {
          expect(result.digest).toMatch(/^[0-9a-f]{64}$/);
        }
      }
    });

    test('gives other digests for another seed and for another replicate, or none', () => {
      if (!trainer.reproducible) return;
      const [params] = inputs.params;
      const { seed, replicate } = inputs.context;
      const digests = [{}, { seed: seed + 1 }, { replicate: replicate + 1 }].map((more) => {
        const result = trainAlone(params!, more);
        return result.kind === 'complete' ? result.digest : '';
      });
      expect(new Set(digests).size).toBe(3);
    });

    test('gives a member of a pack the result that it has alone, in any order', () => {
      const size = Math.min(packMax, inputs.params.length);
      const params = inputs.params.slice(0, size);
      expect(train(params)).toEqual(alone.slice(0, size));
      expect(train(params.toReversed())).toEqual(alone.slice(0, size).toReversed());
    });

    test('continues from a state at every rung to the result of uninterrupted training', () => {
      const { params, data, context } = inputs;
      for (const rung of listRungs()) {
        const training = open([params[0]!]);
        training.trainTo(rung, hooks);
        const resume = [{ step: rung, bytes: training.state(0) }];
        const request = { ...context, params: [params[0]!], resume };
        expect(trainTrials(trainer, request, data, hooks)).toEqual([alone[0]]);
      }
    });

    test('a stopped training continues to the result of uninterrupted training', () => {
      const { params, data, context } = inputs;
      const request = { ...context, params: [params[0]!] };
      const resume: { step: number; bytes: Uint8Array }[] = [];
      let steps = 0;
      const stopped = trainTrials(trainer, request, data, {
        ...hooks,
        onStep: (step) => (steps = step),
        isStopped: () => steps >= 1,
        onState: (_, state) => resume.push(state),
      });
      expect(stopped).toBeNull();
      expect(resume).toHaveLength(1);
      expect(trainTrials(trainer, { ...request, resume }, data, hooks)).toEqual([alone[0]]);
    });

    test('ends a diverging member, and does not disturb the others', () => {
      const { params, diverging } = inputs;
      if (diverging === null) return;
      const result = trainAlone(diverging);
      expect(result.kind).toBe('diverged');
      expect(result.steps).toBeLessThanOrEqual(lastRung());
      if (packMax < 2) return;
      expect(train([params[0]!, diverging])).toEqual([alone[0], result]);
      expect(train([diverging, params[0]!])).toEqual([result, alone[0]]);
    });

    test('lets a member end at a rung, and the others continue', () => {
      if (packMax < 2) return;
      const training = open(inputs.params.slice(0, 2));
      training.trainTo(listRungs()[0]!, hooks);
      training.end(0);
      const statuses = training.trainTo(lastRung(), hooks);
      expect(statuses.map(({ kind }) => kind)).toEqual(['ended', 'reached']);
      expect(statuses[1]?.curve).toEqual(alone[1]!.curve);
      expect(alone[1]).toMatchObject({ digest: training.digest(1) ?? '' });
    });

    test('reports the metrics that it declares, and no others', () => {
      const declared = trainer.metrics.map((metric) => metric.name);
      const testMetrics = trainer.metrics.filter(({ split }) => split === 'test');
      for (const measureTest of [false, true]) {
        const measured: unknown[] = [];
        const onMeasured: TrainHooks['onMeasured'] = (_, measurement) => measured.push(measurement);
        const [result] = train([inputs.params[0]!], { measureTest }, { onMeasured });
        expect(result?.curve).toEqual(measured);
        expect(result?.curve.at(-1)?.step).toBe(lastRung());
        for (const { step, metrics } of result?.curve ?? []) {
          const isLast = measureTest && step === lastRung();
          const expected = trainer.metrics.filter(({ split }) => split !== 'test' || isLast);
          expect(Object.keys(metrics).toSorted()).toEqual(
            expected.map((metric) => metric.name).toSorted(),
          );
          for (const metric of expected) {
            const value = metrics[metric.name] ?? NaN;
            expect(Number.isFinite(value), metric.name).toBe(true);
            if (metric.unit === 'share') expect(Math.abs(value - 0.5)).toBeLessThanOrEqual(0.5);
          }
        }
      }
      expect(new Set(declared).size).toBe(declared.length);
      expect(trainer.metrics.some(({ direction }) => direction !== null)).toBe(true);
      expect(testMetrics.every(({ direction }) => direction === null)).toBe(true);
    });

    test('measures at a rung the values of the curve at that step, and classifies each validation record', () => {
      const training = open([inputs.params[0]!]);
      training.trainTo(lastRung(), hooks);
      const { metrics, correct } = training.measure(0);
      expect(metrics).toEqual(alone[0]!.curve.at(-1)?.metrics);
      const { length } = inputs.data.validation.records;
      if (correct !== null) expect(correct).toHaveLength(Math.ceil(length / 8));
    });

    test('reports each step to its hooks, in order', () => {
      const steps: number[] = [];
      train([inputs.params[0]!], {}, { onStep: (step) => steps.push(step) });
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      expect(new Set(steps).size).toBe(lastRung());
    });
  });
}
