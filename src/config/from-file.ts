/** From the file's words to the study's: snake_case keys and alternatives become typed unions. */
import type {
  DatasetSpec,
  RecipeSpec,
  Selection,
  StageSpec,
  StudySpec,
  TrainerSettings,
} from '../study/spec/study-spec.ts';
import type { SpecProblem } from '../study/spec/invariants.ts';
import type { RecipeFile, StudyFile } from './study-schema.ts';

/** What the shape alone cannot say: exactly one of two keys, and both or neither of others. */
export function alternativeProblems(
  file: Pick<StudyFile, 'dataset' | 'trainer'> & Partial<Pick<StudyFile, 'stages'>>,
): SpecProblem[] {
  const { dataset, trainer } = file;
  return [
    ...oneOf(['dataset'], { name: dataset.name, path: dataset.path }),
    ...(dataset.name !== undefined && dataset.path === undefined && dataset.format !== undefined
      ? [{ path: ['dataset', 'format'], message: 'format goes with path, not with name' }]
      : []),
    ...(['train', 'validation', 'test'] as const).flatMap((split) => {
      const selection = dataset[split];
      if (selection === undefined || Array.isArray(selection)) return [];
      const { count, fraction } = selection;
      return oneOf(['dataset', split], { count, fraction });
    }),
    ...oneOf(['trainer'], { cycles: trainer.cycles, epochs: trainer.epochs }),
    ...(file.stages ?? []).flatMap(({ lambda }, index) =>
      boundsProblems(['stages', index, 'lambda'], lambda),
    ),
  ];
}

function oneOf(path: SpecProblem['path'], values: Readonly<Record<string, unknown>>) {
  const given = Object.keys(values).filter((key) => values[key] !== undefined);
  if (given.length === 1) return [];
  const message = `exactly one of ${Object.keys(values).join(' and ')} is needed`;
  return [{ path: [...path, ...given.slice(1)], message }];
}

function boundsProblems(
  path: SpecProblem['path'],
  { min, max, narrow }: StudyFile['stages'][number]['lambda'],
): SpecProblem[] {
  const bounds = [min, max].filter((bound) => bound !== undefined).length;
  if (narrow === undefined && bounds === 1) {
    return [{ path, message: 'min and max are both needed' }];
  }
  if ((narrow === undefined) === bounds > 0) return [];
  return [{ path, message: 'either min and max, or narrow: the name of an earlier stage' }];
}

/** What is missing was reported by `alternativeProblems`; its stand-ins break no rule. */
export function studyFrom(file: StudyFile): StudySpec {
  const { metric, direction } = file.objective;
  return {
    study: file.study,
    seed: file.seed,
    dataset: datasetFrom(file.dataset),
    trainer: trainerFrom(file.trainer),
    objective: {
      metric,
      direction: direction ?? (metric.endsWith('accuracy') ? 'maximize' : 'minimize'),
    },
    stages: file.stages.map(stageFrom),
    replicates: file.replicates,
    racing: file.racing,
    numerics: file.numerics,
    test: file.test,
    audit: file.audit ?? null,
  };
}

export function recipeFrom(file: RecipeFile): RecipeSpec {
  return {
    name: file.study,
    seed: file.seed,
    dataset: datasetFrom(file.dataset),
    trainer: trainerFrom(file.trainer),
    lambda: file.trainer.lambda,
  };
}

function datasetFrom(file: StudyFile['dataset']): DatasetSpec {
  return {
    source:
      file.name === undefined
        ? { kind: 'path', path: file.path ?? '', format: file.format ?? 'auto' }
        : { kind: 'named', name: file.name },
    train: selectionFrom(file.train),
    validation: selectionFrom(file.validation),
    test: file.test === undefined ? null : selectionFrom(file.test),
    ...(file.stratify ? { stratify: true } : {}),
  };
}

function selectionFrom(file: StudyFile['dataset']['train']): Selection {
  if (Array.isArray(file)) return { kind: 'parts', parts: file };
  return file.fraction === undefined
    ? { kind: 'count', count: file.count ?? 1 }
    : { kind: 'fraction', fraction: file.fraction };
}

function trainerFrom(file: StudyFile['trainer']): TrainerSettings {
  const { learning_rate: rate, measure } = file;
  return {
    hidden: file.hidden,
    batch: file.batch,
    learningRate: {
      min: rate.min,
      max: rate.max,
      stepSize: rate.step_size,
      ...(rate.cycle_multiplier === 1 ? {} : { cycleMultiplier: rate.cycle_multiplier }),
    },
    length:
      file.cycles === undefined
        ? { kind: 'epochs', epochs: file.epochs ?? 1 }
        : { kind: 'cycles', cycles: file.cycles },
    measure:
      typeof measure === 'string' ? { kind: measure } : { kind: 'steps', steps: measure.steps },
    dropout: file.dropout,
    mirror: file.mirror,
    shift: file.shift,
  };
}

function stageFrom({ name, trials, lambda }: StudyFile['stages'][number]): StageSpec {
  const { distribution, min, max, narrow } = lambda;
  if (narrow !== undefined)
    return { name, trials, lambda: { kind: 'narrow', distribution, narrow } };
  return {
    name,
    trials,
    lambda: {
      kind: 'range',
      distribution,
      range: { min: min ?? Number.MIN_VALUE, max: max ?? 1e6 },
    },
  };
}
