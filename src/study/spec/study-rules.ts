/**
 * Study rules: the rules that concern several keys, which the schema of a single key cannot express.
 *
 * The rules read a file from which the values that the schema rejects were removed. Any value may be
 * missing; a rule without its values reports nothing, so that one mistake is reported once.
 */
import type { StageDistribution } from '../search-space.ts';
import type { TrainerDescription } from '../trainer-description.ts';
import { toCamel } from './case-codec.ts';
import type { IsGiven, SpecProblem } from './spec-problem.ts';
import { stageTrialsMax, type RecipeFile, type StudyFile } from './study-schema.ts';

type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

type PartialStudy = Partially<StudyFile>;
type PartialDataset = NonNullable<PartialStudy['dataset']>;
type Path = SpecProblem['path'];

/** What every rule needs. */
interface Rules {
  readonly isGiven: IsGiven;
  readonly report: (path: Path, message: string) => void;
}

/** Above the numbers of float64 that have fewer digits. */
const boundMin = 1e-300;
/** Smallest width of a range, as a share of its values: some thousand times the distance of two numbers. */
const widthMin = 1e-12;

const splits = ['train', 'validation', 'test'] as const;
/** Tolerance of the sum of fractions: in floating point, tenths may add up to slightly more than 1. */
const fractionSlack = 1e-9;

export function studyRules(
  file: PartialStudy,
  trainer: TrainerDescription,
  isGiven: IsGiven,
): SpecProblem[] {
  const problems = recipeRules(file, trainer, isGiven);
  const rules: Rules = {
    isGiven,
    report: (path, message) => problems.push({ path, message }),
  };
  for (const index of (file.stages ?? []).keys())
    stageRules(file.stages ?? [], index, Object.keys(trainer.parameters), rules);
  replicateRules(file, rules);
  const { report } = rules;
  if (file.audit !== undefined && (file.reproducible === false || file.numerics === 'any'))
    report(
      ['audit'],
      'needs reproducible: true. Results of machines with different arithmetic cannot be compared',
    );
  if (file.test === 'all' && isGiven(['dataset']) && !isGiven(['dataset', 'test']))
    report(['test'], 'test: all needs dataset.test. Add a test split');
  if (file.numerics !== undefined && isGiven(['reproducible']))
    report(['numerics'], 'is the former name of reproducible. Remove it');
  return problems;
}

/** The rules of the sections that a study and a recipe have. */
export function recipeRules(
  { dataset, trainer: section }: Pick<PartialStudy | Partially<RecipeFile>, 'dataset' | 'trainer'>,
  trainer: TrainerDescription,
  isGiven: IsGiven,
): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const report: Rules['report'] = (path, message) => problems.push({ path, message });
  if (dataset !== undefined) datasetRules(dataset, { isGiven, report });
  if (section === undefined) return problems;
  const isSet: IsGiven = (path) => isGiven(['trainer', ...path]);
  for (const { path, message } of trainer.problems(toCamel(section), isSet))
    report(['trainer', ...path], message);
  return problems;
}

function datasetRules(dataset: PartialDataset, rules: Rules): void {
  const { name, path, format, stratify } = dataset;
  const { isGiven, report } = rules;
  exactlyOne(['dataset'], ['name', 'path'], rules);
  if (name !== undefined && path === undefined && format !== undefined)
    report(['dataset', 'format'], 'format goes with path, not with name. Remove it');
  const claimed = new Map<string, string>();
  let sum = 0;
  for (const split of splits) {
    const selection = dataset[split];
    if (isList(selection)) overlapRules(split, selection, claimed, rules);
    else if (selection !== undefined) {
      exactlyOne(['dataset', split], ['count', 'fraction'], rules);
      sum += selection.fraction ?? 0;
    }
  }
  if (sum > 1 + fractionSlack)
    report(
      ['dataset'],
      `the splits take ${Number(sum.toFixed(6))} of the records together; at most 1 is possible. Splits must not overlap`,
    );
  const isDrawn = splits.some((split) => isGiven(['dataset', split]) && !isList(dataset[split]));
  if (stratify === true && !isDrawn)
    report(
      ['dataset', 'stratify'],
      'needs a split with count or fraction; here every split names its shards',
    );
}

/** @param claimed the split of each shard that was named so far */
function overlapRules(
  split: string,
  shards: readonly (string | undefined)[],
  claimed: Map<string, string>,
  { report }: Rules,
): void {
  for (const [index, shard] of shards.entries()) {
    if (shard === undefined) continue;
    const other = claimed.get(shard);
    const message = `shard ${shard} is already in ${other}. Splits must not overlap`;
    if (other !== undefined) report(['dataset', split, index], message);
    claimed.set(shard, split);
  }
}

/** Names of stages are unique. A stage searches every parameter of its trainer. */
function stageRules(
  stages: NonNullable<PartialStudy['stages']>,
  index: number,
  parameters: readonly string[],
  rules: Rules,
): void {
  const stage = stages[index];
  if (stage === undefined) return;
  const { name, search, lambda } = stage;
  const { isGiven, report } = rules;
  const at = ['stages', index];
  const earlier = stages.slice(0, index).map((other) => other?.name);
  if (name !== undefined && earlier.includes(name))
    report([...at, 'name'], `another stage is already called ${name}. Rename one of them`);
  if (search !== undefined && lambda !== undefined)
    report([...at, 'lambda'], 'is the shorthand of search.lambda. Remove one of them');
  for (const parameter of parameters) {
    const isShorthand = parameter === 'lambda' && !isGiven([...at, 'search']);
    const path = [...at, ...(isShorthand ? ['lambda'] : ['search', parameter])];
    const given = isShorthand ? lambda : search?.[parameter];
    if (!isGiven(path)) report(path, 'is missing');
    else if (given !== undefined) distributionRules(path, given, earlier, rules);
  }
}

/** @param earlier the names of the stages before this one */
function distributionRules(
  path: Path,
  { min, max, narrow }: Omit<StageDistribution, 'distribution'>,
  earlier: readonly (string | undefined)[],
  { isGiven, report }: Rules,
): void {
  const bounds = ['min', 'max'].filter((bound) => isGiven([...path, bound])).length;
  const narrows = isGiven([...path, 'narrow']);
  if (!narrows && bounds === 1) report(path, 'needs both min and max');
  else if (narrows === bounds > 0)
    report(path, 'needs either min and max, or narrow: the name of an earlier stage');
  else if (min !== undefined && max !== undefined && min >= max) {
    const fix = min > max ? '. Swap them' : '';
    report([...path, 'min'], `min (${min}) must be smaller than max (${max})${fix}`);
  } else if (min !== undefined && max !== undefined && min < boundMin)
    report(
      [...path, 'min'],
      `min (${min}) must be at least ${boundMin}: numbers below are not exact`,
    );
  else if (min !== undefined && max !== undefined && max / min < 1 + widthMin)
    report(
      [...path, 'min'],
      `min (${min}) and max (${max}) are too close to sample between them; max must be larger by at least a share of ${widthMin}`,
    );
  else if (narrow !== undefined && !earlier.includes(narrow) && !earlier.includes(undefined)) {
    const names = `earlier stages: ${earlier.join(', ')}`;
    const known = earlier.length > 0 ? names : 'this is the first stage';
    const message = `no earlier stage is called ${JSON.stringify(narrow)} (${known})`;
    report([...path, 'narrow'], message);
  }
}

function replicateRules(
  { replicates, racing, objective, stages }: PartialStudy,
  { report }: Rules,
): void {
  const largest = Math.max(0, ...(stages ?? []).map((stage) => stage?.trials ?? 0));
  if (replicates !== undefined && largest * replicates > stageTrialsMax)
    report(
      ['replicates'],
      `${replicates} replicates of ${largest} configurations are more than ${stageTrialsMax} trials in a stage`,
    );
  if (racing !== true) return;
  if (replicates === 1)
    report(['racing'], 'needs replicates: 2 or more, the most replicates of a configuration');
  const { metric = 'validation_accuracy', direction = 'maximize' } = objective ?? {};
  if (metric !== 'validation_accuracy' || direction !== 'maximize')
    report(
      ['racing'],
      'needs the objective validation_accuracy: trials are compared image by image',
    );
}

function exactlyOne(path: Path, keys: readonly string[], { isGiven, report }: Rules): void {
  const given = keys.filter((key) => isGiven([...path, key]));
  const message = `needs exactly one of ${keys.join(' and ')}`;
  if (given.length !== 1) report([...path, ...given.slice(1)], message);
}

function isList(value: PartialDataset['train']): value is readonly (string | undefined)[] {
  return Array.isArray(value);
}
