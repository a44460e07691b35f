/**
 * Study rules: what the schema of one key cannot say, because it concerns several keys.
 *
 * The rules read a file from which the schema's problems were removed. Any value may therefore be
 * missing; a rule without its values says nothing, so that one mistake is reported once.
 */
import type { StageDistribution } from '../search-space.ts';
import type { TrainerDescription, TrainerSettings } from '../trainer-description.ts';
import { toCamel } from './case-codec.ts';
import type { IsGiven, SpecProblem } from './spec-problem.ts';
import { stageTrialsMax, type RecipeFile, type StudyFile } from './study-schema.ts';

type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

export type PartialStudy = Partially<StudyFile>;
type PartialDataset = NonNullable<PartialStudy['dataset']>;
type PartialStage = NonNullable<NonNullable<PartialStudy['stages']>[number]>;

const splits = ['train', 'validation', 'test'] as const;
/** Sums of tenths are a little more than 1. */
const fractionSlack = 1e-9;

export function studyRules(
  file: PartialStudy,
  trainer: TrainerDescription,
  isGiven: IsGiven,
): SpecProblem[] {
  const stages = file.stages ?? [];
  return [
    ...datasetRules(file.dataset, isGiven),
    ...trainerRules(file.trainer, trainer, isGiven),
    ...stages.flatMap((stage, index) =>
      stage === undefined
        ? []
        : [
            ...stageRules(stages, stage, index),
            ...searchRules(stages, index, Object.keys(trainer.parameters), isGiven),
          ],
    ),
    ...replicateRules(file),
    ...auditRules(file),
    ...(file.test === 'all' && isGiven(['dataset']) && !isGiven(['dataset', 'test'])
      ? [{ path: ['test'], message: 'test: all needs dataset.test. Add a test split' }]
      : []),
    ...(file.numerics !== undefined && isGiven(['reproducible'])
      ? [{ path: ['numerics'], message: 'is the former name of reproducible. Remove it' }]
      : []),
  ];
}

export function recipeRules(
  file: Partially<RecipeFile>,
  trainer: TrainerDescription,
  isGiven: IsGiven,
): SpecProblem[] {
  return [...datasetRules(file.dataset, isGiven), ...trainerRules(file.trainer, trainer, isGiven)];
}

function trainerRules(
  section: Partially<StudyFile['trainer']> | undefined,
  trainer: TrainerDescription,
  isGiven: IsGiven,
): SpecProblem[] {
  if (section === undefined) return [];
  const settings: TrainerSettings = toCamel(section);
  return trainer
    .problems(settings, (path) => isGiven(['trainer', ...path]))
    .map(({ path, message }) => ({ path: ['trainer', ...path], message }));
}

function datasetRules(dataset: PartialDataset | undefined, isGiven: IsGiven): SpecProblem[] {
  if (dataset === undefined) return [];
  const { name, path, format } = dataset;
  return [
    ...exactlyOne(['dataset'], ['name', 'path'], isGiven),
    ...(name !== undefined && path === undefined && format !== undefined
      ? [
          {
            path: ['dataset', 'format'],
            message: 'format goes with path, not with name. Remove it',
          },
        ]
      : []),
    ...splits.flatMap((split) => {
      const selection = dataset[split];
      if (selection === undefined || isList(selection)) return [];
      return exactlyOne(['dataset', split], ['count', 'fraction'], isGiven);
    }),
    ...overlapRules(dataset),
    ...drawingRules(dataset, isGiven),
  ];
}

function overlapRules(dataset: PartialDataset): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const claimed = new Map<string, string>();
  for (const split of splits) {
    const selection = dataset[split];
    if (!isList(selection)) continue;
    for (const [index, shard] of selection.entries()) {
      if (shard === undefined) continue;
      const other = claimed.get(shard);
      const message = `shard ${shard} is already in ${other}. Splits must not overlap`;
      if (other !== undefined) problems.push({ path: ['dataset', split, index], message });
      claimed.set(shard, split);
    }
  }
  return problems;
}

function drawingRules(dataset: PartialDataset, isGiven: IsGiven): SpecProblem[] {
  const sum = splits.reduce((total, split) => {
    const selection = dataset[split];
    return isList(selection) ? total : total + (selection?.fraction ?? 0);
  }, 0);
  const problems: SpecProblem[] = [];
  if (sum > 1 + fractionSlack) {
    const message = `the splits take ${sum} of the records together. Splits must not overlap`;
    problems.push({ path: ['dataset'], message });
  }
  const isDrawn = splits.some((split) => isGiven(['dataset', split]) && !isList(dataset[split]));
  if (dataset.stratify === true && !isDrawn) {
    const message = 'needs a split with count or fraction; here every split names its shards';
    problems.push({ path: ['dataset', 'stratify'], message });
  }
  return problems;
}

function stageRules(
  stages: NonNullable<PartialStudy['stages']>,
  { name, search, lambda }: PartialStage,
  index: number,
): SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (name !== undefined && stages.slice(0, index).some((other) => other?.name === name)) {
    const message = `another stage is already called ${name}. Rename one of them`;
    problems.push({ path: ['stages', index, 'name'], message });
  }
  if (search !== undefined && lambda !== undefined) {
    const message = 'is the shorthand of search.lambda. Remove one of them';
    problems.push({ path: ['stages', index, 'lambda'], message });
  }
  return problems;
}

/** A stage searches every parameter of its trainer. */
function searchRules(
  stages: NonNullable<PartialStudy['stages']>,
  index: number,
  parameters: readonly string[],
  isGiven: IsGiven,
): SpecProblem[] {
  const { search, lambda } = stages[index] ?? {};
  const earlier = stages.slice(0, index).map((other) => other?.name);
  const hasSearch = isGiven(['stages', index, 'search']);
  return parameters.flatMap((parameter) => {
    const isShorthand = parameter === 'lambda' && !hasSearch;
    const path = ['stages', index, ...(isShorthand ? ['lambda'] : ['search', parameter])];
    if (!isGiven(path)) return [{ path, message: 'is missing' }];
    const given = isShorthand ? lambda : search?.[parameter];
    return given === undefined ? [] : distributionRules(path, given, earlier, isGiven);
  });
}

function distributionRules(
  path: SpecProblem['path'],
  { min, max, narrow }: Omit<StageDistribution, 'distribution'>,
  earlier: readonly (string | undefined)[],
  isGiven: IsGiven,
): SpecProblem[] {
  const bounds = ['min', 'max'].filter((bound) => isGiven([...path, bound])).length;
  const narrows = isGiven([...path, 'narrow']);
  if (!narrows && bounds === 1) return [{ path, message: 'needs both min and max' }];
  if (narrows === bounds > 0) {
    return [{ path, message: 'needs either min and max, or narrow: the name of an earlier stage' }];
  }
  if (min !== undefined && max !== undefined && min >= max) {
    const fix = min > max ? '. Swap them' : '';
    const message = `min (${min}) must be smaller than max (${max})${fix}`;
    return [{ path: [...path, 'min'], message }];
  }
  if (narrow === undefined || earlier.includes(narrow) || earlier.includes(undefined)) return [];
  const known =
    earlier.length > 0 ? `earlier stages: ${earlier.join(', ')}` : 'this is the first stage';
  const message = `no earlier stage is called ${JSON.stringify(narrow)} (${known})`;
  return [{ path: [...path, 'narrow'], message }];
}

function replicateRules({ replicates, racing, objective, stages }: PartialStudy): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const largest = Math.max(0, ...(stages ?? []).map((stage) => stage?.trials ?? 0));
  if (replicates !== undefined && largest * replicates > stageTrialsMax) {
    const message = `${replicates} replicates of ${largest} configurations are more than ${stageTrialsMax} trials in a stage`;
    problems.push({ path: ['replicates'], message });
  }
  if (racing !== true) return problems;
  if (replicates === 1) {
    const message = 'needs replicates: 2 or more, the most replicates of a configuration';
    problems.push({ path: ['racing'], message });
  }
  const { metric, direction = 'maximize' } = objective ?? {};
  if (metric !== undefined && (metric !== 'validation_accuracy' || direction !== 'maximize')) {
    const message = 'needs the objective validation_accuracy: trials are compared image by image';
    problems.push({ path: ['racing'], message });
  }
  return problems;
}

function auditRules({ audit, reproducible, numerics }: PartialStudy): SpecProblem[] {
  if (audit === undefined || (reproducible !== false && numerics !== 'any')) return [];
  const message =
    'needs reproducible: true. Results of machines with different arithmetic cannot be compared';
  return [{ path: ['audit'], message }];
}

function exactlyOne(
  path: SpecProblem['path'],
  keys: readonly string[],
  isGiven: IsGiven,
): SpecProblem[] {
  const given = keys.filter((key) => isGiven([...path, key]));
  if (given.length === 1) return [];
  return [
    { path: [...path, ...given.slice(1)], message: `needs exactly one of ${keys.join(' and ')}` },
  ];
}

type PartialSelection = NonNullable<PartialDataset['train']>;

function isList(value: PartialSelection | undefined): value is readonly (string | undefined)[] {
  return Array.isArray(value);
}
