/** Sampler rules: what must hold between a stage's sampler, its other keys and its hyperparameters. */
import { gridLevels, gridSize } from '../grid.ts';
import type { NumberDistribution, ParamValue, SearchSpace } from '../search-space.ts';
import type { PartialStudy, Path, Rules } from './rule-types.ts';
import { modelStart, modelTrialsMax, spreadParametersMax } from './sampler-keys.ts';
import { longForm, searchedIn, type PlacedParameter } from './stage-search.ts';

type Stage = NonNullable<NonNullable<PartialStudy['stages']>[number]>;

const modelKeys = ['round', 'lag', 'after'] as const;

export function samplerRules(file: PartialStudy, rules: Rules): void {
  for (const [index, stage] of (file.stages ?? []).entries()) {
    if (stage === undefined) continue;
    const at = ['stages', index];
    const placed = searchedIn(file.search, stage, index);
    if (rules.isGiven([...at, 'sampler']) && stage.sampler === undefined) continue;
    if (stage.sampler === 'model') modelRules(file, index, placed, rules);
    else
      for (const key of modelKeys)
        if (rules.isGiven([...at, key]))
          rules.report([...at, key], 'goes with sampler: model only. Remove it');
    const isSpread = stage.sampler === 'spread' || stage.sampler === 'model';
    if (isSpread && placed.length > spreadParametersMax)
      rules.report(
        [...at, 'sampler'],
        `${stage.sampler} searches at most ${spreadParametersMax} hyperparameters, got ${placed.length}. Use sampler: random`,
      );
    if (stage.sampler === 'grid') gridRules(stage, at, placed, rules);
  }
}

function modelRules(
  { stages = [], audit }: PartialStudy,
  index: number,
  placed: readonly PlacedParameter[],
  { isGiven, report }: Rules,
): void {
  const { trials, after, lag } = stages[index] ?? {};
  const at = ['stages', index];
  if (isGiven([...at, 'lag']) && isGiven([...at, 'round']))
    report(
      [...at, 'lag'],
      'does not go with round: trials are proposed in rounds, or with a lag. Remove one of them',
    );
  if (isGiven([...at, 'lag']) && audit !== undefined)
    report(
      [...at, 'lag'],
      'does not go with audit: results are used before they are audited. Use round',
    );
  const earlier = stages.slice(0, index).map((other) => other?.name);
  if (after !== undefined && !earlier.includes(undefined) && !earlier.includes(after)) {
    const known =
      earlier.length > 0 ? `earlier stages: ${earlier.join(', ')}` : 'this is the first stage';
    report([...at, 'after'], `no earlier stage is called ${JSON.stringify(after)} (${known})`);
  }
  if (trials === undefined) return;
  if (trials > modelTrialsMax)
    report(
      [...at, 'trials'],
      `sampler: model has at most ${modelTrialsMax} trials in a stage, got ${trials}`,
    );
  const start = modelStart({ parameters: placed.length, known: 0, lag });
  if (!isGiven([...at, 'after']) && trials <= start)
    report(
      [...at, 'trials'],
      `sampler: model begins with ${start} trials of spread, so ${trials} are too few to propose any. Use more trials, or sampler: spread`,
    );
}

function gridRules(
  { trials }: Stage,
  at: Path,
  placed: readonly PlacedParameter[],
  { report }: Rules,
): void {
  const narrowed = placed.find(({ given }) => given.narrow !== undefined);
  if (narrowed !== undefined)
    return report([...at, 'sampler'], 'grid does not go with narrow. Use sampler: spread');
  const conditional = placed.find(({ given }) => given.where !== undefined);
  if (conditional !== undefined)
    return report(
      [...at, 'sampler'],
      `grid has all combinations, but ${conditional.name} has a condition (where). Use sampler: spread`,
    );
  const space = toSpace(placed);
  if (space === null || trials === undefined || placed.length === 0) return;
  const levels = gridLevels(space, trials);
  const points = gridSize(levels);
  if (points === trials) return;
  const parts = levels.map(({ name, values }) => `${name} ${values.length}`).join(', ');
  report(
    [...at, 'trials'],
    `a grid of at most ${trials} points has ${points} (levels: ${parts}). Write trials: ${points}`,
  );
}

/** Null if a rejected value is missing. */
function toSpace(placed: readonly PlacedParameter[]): SearchSpace | null {
  const space: Record<string, SearchSpace[string]> = {};
  for (const { name, given } of placed) {
    const { distribution, min, max, values } = longForm(given);
    if (distribution === 'values') {
      const known = (values ?? []).filter((value): value is ParamValue => value !== undefined);
      if (known.length === 0) return null;
      space[name] = { distribution, values: known };
    } else if (distribution === undefined || !isRange(distribution, min, max)) return null;
    else space[name] = { distribution, min: min ?? 0, max: max ?? 0 };
  }
  return space;
}

function isRange(
  distribution: NumberDistribution['distribution'],
  min: number | undefined,
  max: number | undefined,
): boolean {
  if (min === undefined || max === undefined || !(min < max)) return false;
  return min > 0 || distribution === 'uniform' || distribution === 'integer';
}
