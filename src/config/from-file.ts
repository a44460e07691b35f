/** From the file's words to the study's: snake_case keys and alternatives become typed unions. */
import type {
  DatasetSpec,
  RecipeSpec,
  Selection,
  StageSpec,
  StudySpec,
  TrainerSettings,
} from '../study/study-spec.ts';
import type { SpecProblem } from '../study/invariants.ts';
import type { RecipeFile, StudyFile } from './study-schema.ts';

/** What the shape alone cannot say: exactly one of two keys, and both or neither of others. */
export function alternativeProblems(
  file: Pick<StudyFile, 'dataset' | 'trainer'> & Partial<Pick<StudyFile, 'stages'>>,
): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const { dataset, trainer } = file;
  if ((dataset.name === undefined) === (dataset.path === undefined)) {
    problems.push({ path: ['dataset'], message: 'exactly one of name and path is needed' });
  }
  if (dataset.path !== undefined && dataset.format === undefined) {
    problems.push({ path: ['dataset', 'path'], message: 'path needs format beside it' });
  }
  if ((trainer.cycles === undefined) === (trainer.epochs === undefined)) {
    problems.push({ path: ['trainer'], message: 'exactly one of cycles and epochs is needed' });
  }
  for (const [index, { lambda }] of (file.stages ?? []).entries()) {
    const hasRange = lambda.min !== undefined || lambda.max !== undefined;
    if (hasRange === (lambda.narrow !== undefined)) {
      problems.push({
        path: ['stages', index, 'lambda'],
        message: 'either min and max, or narrow: the name of an earlier stage',
      });
    } else if (hasRange && (lambda.min === undefined || lambda.max === undefined)) {
      problems.push({ path: ['stages', index, 'lambda'], message: 'min and max are both needed' });
    }
  }
  return problems;
}

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
    numerics: file.numerics,
    test: file.test,
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
        ? { kind: 'path', path: file.path ?? '', format: file.format ?? '' }
        : { kind: 'named', name: file.name },
    train: selectionFrom(file.train),
    validation: selectionFrom(file.validation),
    test: file.test === undefined ? null : selectionFrom(file.test),
  };
}

function selectionFrom(file: StudyFile['dataset']['train']): Selection {
  return Array.isArray(file)
    ? { kind: 'parts', parts: file }
    : { kind: 'count', count: file.count };
}

function trainerFrom(file: StudyFile['trainer']): TrainerSettings {
  const { learning_rate: rate, measure } = file;
  return {
    hidden: file.hidden,
    batch: file.batch,
    learningRate: { min: rate.min, max: rate.max, stepSize: rate.step_size },
    length:
      file.cycles === undefined
        ? { kind: 'epochs', epochs: file.epochs ?? 0 }
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
    lambda: { kind: 'range', distribution, range: { min: min ?? 0, max: max ?? 0 } },
  };
}
