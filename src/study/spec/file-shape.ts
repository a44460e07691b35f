/**
 * A spec as its study file would say it: the same keys, the same order, all defaults written out. For
 * whoever speaks to people about a study's fields (what differs, what is wrong) or writes one.
 */
import { unreachable } from '../../base/assert.ts';
import type {
  LambdaSpec,
  MeasureSchedule,
  Selection,
  StudySpec,
  TrainerSettings,
} from './study-spec.ts';

/** Plain data: what a YAML parser would read from the file. */
export function fileShape(spec: StudySpec) {
  const { dataset, trainer } = spec;
  return {
    study: spec.study,
    seed: spec.seed,
    dataset: {
      ...(dataset.source.kind === 'named'
        ? { name: dataset.source.name }
        : { path: dataset.source.path, format: dataset.source.format }),
      train: selectionShape(dataset.train),
      validation: selectionShape(dataset.validation),
      ...(dataset.test === null ? {} : { test: selectionShape(dataset.test) }),
      ...(dataset.stratify === true ? { stratify: true } : {}),
    },
    trainer: trainerShape(trainer),
    objective: { metric: spec.objective.metric, direction: spec.objective.direction },
    stages: spec.stages.map(({ name, trials, lambda }) => ({
      name,
      trials,
      lambda: lambdaShape(lambda),
    })),
    replicates: spec.replicates,
    racing: spec.racing,
    numerics: spec.numerics,
    test: spec.test,
    ...(spec.audit === null ? {} : { audit: { random: spec.audit.random, top: spec.audit.top } }),
  };
}

/** The `trainer` of a study file, and of a recipe but for its λ. */
export function trainerShape(trainer: TrainerSettings) {
  const { learningRate, length } = trainer;
  return {
    hidden: trainer.hidden,
    batch: trainer.batch,
    learning_rate: {
      min: learningRate.min,
      max: learningRate.max,
      step_size: learningRate.stepSize,
      ...(learningRate.cycleMultiplier === undefined
        ? {}
        : { cycle_multiplier: learningRate.cycleMultiplier }),
    },
    ...(length.kind === 'cycles' ? { cycles: length.cycles } : { epochs: length.epochs }),
    measure: measureShape(trainer.measure),
    dropout: trainer.dropout,
    mirror: trainer.mirror,
    shift: trainer.shift,
  };
}

function selectionShape(selection: Selection) {
  switch (selection.kind) {
    case 'parts':
      return [...selection.parts];
    case 'count':
      return { count: selection.count };
    case 'fraction':
      return { fraction: selection.fraction };
    default:
      return unreachable(selection);
  }
}

function measureShape(measure: MeasureSchedule) {
  return measure.kind === 'steps' ? { steps: measure.steps } : measure.kind;
}

function lambdaShape(lambda: LambdaSpec) {
  const { distribution } = lambda;
  switch (lambda.kind) {
    case 'range':
      return { distribution, min: lambda.range.min, max: lambda.range.max };
    case 'narrow':
      return { distribution, narrow: lambda.narrow };
    default:
      return unreachable(lambda);
  }
}
