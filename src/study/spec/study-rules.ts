/**
 * Study rules: the rules that concern several keys, which the schema of a single key cannot express.
 *
 * The rules read a file from which the values that the schema rejects were removed. Any value may be
 * missing; a rule without its values reports nothing, so that one mistake is reported once.
 */
import type { TrainerDescription } from '../trainer-description.ts';
import { budgetRules } from './budget-rules.ts';
import { toCamel } from './case-codec.ts';
import type { Partially, PartialStudy, Path, Rules } from './rule-types.ts';
import { samplerRules } from './sampler-rules.ts';
import { searchRules } from './search-rules.ts';
import type { IsGiven, SpecProblem } from './spec-problem.ts';
import { stageTrialsMax, type RecipeFile } from './study-schema.ts';

type PartialDataset = NonNullable<PartialStudy['dataset']>;

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
  for (const index of (file.stages ?? []).keys()) stageRules(file.stages ?? [], index, rules);
  searchRules(file, trainer, rules);
  samplerRules(file, rules);
  replicateRules(file, rules);
  stopRules(file, rules);
  budgetRules(file, trainer, rules);
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
  if (trainer.needsData === false && isGiven(['dataset']))
    report(['dataset'], 'has no effect: the program reads its own data. Remove it');
  else if (isGiven(['dataset', 'test']) && !measuresTest(trainer))
    report(
      ['dataset', 'test'],
      'has no effect: the trainer has no metrics of a test split, such as test_accuracy. Remove it',
    );
  if (section === undefined) return problems;
  const isSet: IsGiven = (path) => isGiven(['trainer', ...path]);
  for (const { path, message } of trainer.problems(toCamel(section), isSet))
    report(['trainer', ...path], message);
  return problems;
}

/** A trainer whose section has problems may have no metrics here. */
function measuresTest({ metrics }: TrainerDescription): boolean {
  return metrics.length === 0 || metrics.some(({ split }) => split === 'test');
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

/** Names of stages are unique, and λ is searched once. */
function stageRules(
  stages: NonNullable<PartialStudy['stages']>,
  index: number,
  { report }: Rules,
): void {
  const { name, search, lambda } = stages[index] ?? {};
  const at = ['stages', index];
  const earlier = stages.slice(0, index).map((other) => other?.name);
  if (name !== undefined && earlier.includes(name))
    report([...at, 'name'], `another stage is already called ${name}. Rename one of them`);
  if (search !== undefined && lambda !== undefined)
    report([...at, 'lambda'], 'is the shorthand of search.lambda. Remove one of them');
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
  if (!comparesImages(objective))
    report(
      ['racing'],
      'needs the objective validation_accuracy: trials are compared image by image',
    );
}

/** Whether the objective is a share of validation images, so that trials can be compared image by image. */
function comparesImages(objective: PartialStudy['objective']): boolean {
  const { metric = 'validation_accuracy', direction = 'maximize' } = objective ?? {};
  return metric === 'validation_accuracy' && direction === 'maximize';
}

/** The number of rungs depends on the data (`rung-problem.ts`). */
function stopRules({ stop, objective, stages }: PartialStudy, { isGiven, report }: Rules): void {
  const message =
    'clearly_worse needs the objective validation_accuracy, maximized: trials are compared image by image. Remove stop, or change the objective';
  const isComparable = comparesImages(objective);
  if (stop === 'clearly_worse' && !isComparable) report(['stop'], message);
  for (const [index, stage] of (stages ?? []).entries()) {
    const at = ['stages', index];
    if (stage?.stop === 'clearly_worse' && !isComparable) report([...at, 'stop'], message);
    if ((stage?.stop ?? stop) === 'clearly_worse' && isGiven([...at, 'lag']))
      report(
        [...at, 'lag'],
        'does not go with stop: clearly_worse, which compares the trials of whole rounds. Give round instead',
      );
  }
}

function exactlyOne(path: Path, keys: readonly string[], { isGiven, report }: Rules): void {
  const given = keys.filter((key) => isGiven([...path, key]));
  const message = `needs exactly one of ${keys.join(' and ')}`;
  if (given.length !== 1) report([...path, ...given.slice(1)], message);
}

function isList(value: PartialDataset['train']): value is readonly (string | undefined)[] {
  return Array.isArray(value);
}
