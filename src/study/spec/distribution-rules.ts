/** Distribution rules: what must hold between the keys of one searched hyperparameter. */
import {
  isLogarithmic,
  isWholeNumbers,
  numberDistributions,
  valueProblem,
  type ParameterDescription,
  type ParameterName,
} from '../search-space.ts';
import type { TrainerDescription } from '../trainer-description.ts';
import type { Path, Rules } from './rule-types.ts';
import { longForm, type GivenParameter, type PlacedParameter } from './stage-search.ts';

type Parameters = TrainerDescription['parameters'];

/** A stage, with the hyperparameters that it searches; undefined where its name is not valid. */
export interface SearchedStage {
  readonly name: string | undefined;
  readonly placed: readonly PlacedParameter[];
}

/** Above the numbers of float64 that have fewer digits. */
const boundMin = 1e-300;
/** Smallest width of a range, as a share of its values: some thousand times the distance of two numbers. */
const widthMin = 1e-12;
/** @param earlier the stages before this one */
export function distributionRules(
  { name, given, path }: PlacedParameter,
  parameters: Parameters,
  earlier: readonly SearchedStage[],
  rules: Rules,
): void {
  const { isGiven, report } = rules;
  const isStageNarrow = path.at(-1) === 'narrow';
  const has = (key: string): boolean => isGiven([...path, key]);
  const short = numberDistributions.filter(has);
  const [form, other] = [...short, ...(has('values') ? ['values'] : [])];
  const long = ['distribution', 'min', 'max', 'narrow'].filter(has);
  const [firstLong] = long;
  if (other !== undefined) report([...path, other], `is given next to ${form}. Keep one of them`);
  else if (form !== undefined && form !== 'values' && firstLong !== undefined)
    report([...path, firstLong], `does not go with ${form}, which has its bounds. Remove it`);
  else if (form === 'values') valuesRules(path, given, long, report);
  else if (parameters[name]?.kind === 'choice')
    report(path, `needs values, such as values: [${parameters[name].values?.join(', ')}]`);
  else if (form === undefined && !isStageNarrow) longRules(path, given, earlier, rules);
  else if (isStageNarrow) narrowRules(path, given.narrow, earlier, name, report);
  boundsRules({ name, given, path }, parameters[name], report);
  for (const [index, value] of (given.also ?? []).entries()) {
    const problem =
      value === undefined || parameters[name] === undefined
        ? null
        : valueProblem(parameters[name], value);
    if (problem !== null) report([...path, 'also', index], `${problem}, got ${String(value)}`);
  }
}

function longRules(
  path: Path,
  { distribution, narrow }: GivenParameter,
  earlier: readonly SearchedStage[],
  { isGiven, report }: Rules,
): void {
  const bounds = ['min', 'max'].filter((bound) => isGiven([...path, bound])).length;
  const narrows = isGiven([...path, 'narrow']);
  const name = String(path.at(-1));
  if (distribution === 'values') report(path, 'needs values: the list of its values');
  else if (!narrows && bounds === 0 && !isGiven([...path, 'distribution']))
    report(path, 'needs a distribution, such as log_uniform: [1.0e-6, 1.0] or values: [1, 2, 4]');
  else if (!narrows && bounds === 1) report(path, 'needs both min and max');
  else if (narrows === bounds > 0)
    report(path, 'needs either min and max, or narrow: the name of an earlier stage');
  else if (!narrows && !isGiven([...path, 'distribution']))
    report([...path, 'distribution'], 'is missing');
  else if (narrows) narrowRules([...path, 'narrow'], narrow, earlier, name, report);
}

function valuesRules(
  path: Path,
  { values = [], distribution }: GivenParameter,
  long: readonly string[],
  report: Rules['report'],
): void {
  const other = long.find((key) => key !== 'distribution' || distribution !== 'values');
  if (other !== undefined) report([...path, other], 'does not go with values. Remove it');
  for (const [index, value] of values.entries())
    if (value !== undefined && values.indexOf(value) < index)
      report(
        [...path, 'values', index],
        `${String(value)} is in the list twice. Remove one of them`,
      );
}

function narrowRules(
  path: Path,
  narrow: string | undefined,
  earlier: readonly SearchedStage[],
  name: ParameterName,
  report: Rules['report'],
): void {
  const names = earlier.map((stage) => stage.name);
  if (narrow === undefined || names.includes(undefined)) return;
  if (!names.includes(narrow)) {
    const list = `earlier stages: ${names.join(', ')}`;
    const known = names.length > 0 ? list : 'this is the first stage';
    report(path, `no earlier stage is called ${JSON.stringify(narrow)} (${known})`);
    return;
  }
  const source = earlier[names.indexOf(narrow)]?.placed.find((one) => one.name === name);
  if (source === undefined)
    report(path, `stage ${narrow} does not search ${name}. Give the range here`);
  else if (longForm(source.given).distribution === 'values')
    report(
      path,
      `stage ${narrow} has a list of values of ${name}; only a range can be narrowed. Give the values here`,
    );
}

/** Bounds in the right order, far enough from each other, and of values that the trainer allows. */
function boundsRules(
  { given, path }: PlacedParameter,
  parameter: ParameterDescription | undefined,
  report: Rules['report'],
): void {
  const { distribution, min, max } = longForm(given);
  const isShort = distribution !== undefined && given.distribution === undefined;
  const at = (bound: 'min' | 'max'): Path =>
    isShort ? [...path, distribution, bound === 'min' ? 0 : 1] : [...path, bound];
  if (parameter === undefined || min === undefined || max === undefined) return;
  const isWhole = distribution !== undefined && isWholeNumbers({ distribution });
  const isLog = distribution !== undefined && isLogarithmic({ distribution });
  for (const [bound, value] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (isLog && value <= 0) {
      const most = parameter.max === undefined ? '' : ` and at most ${parameter.max}`;
      return report(at(bound), `must be above 0${most}, got ${value}`);
    }
    if (isWhole && !Number.isInteger(value))
      return report(at(bound), `must be a whole number, got ${value}`);
    const problem = valueProblem(parameter, value);
    if (problem !== null) return report(at(bound), `${problem}, got ${value}`);
  }
  if (parameter.kind === 'integer' && !isWhole)
    return report(path, `takes whole numbers: use ${isLog ? 'log_integer' : 'integer'} or values`);
  if (min >= max) {
    const fix = min > max ? '. Swap them' : '';
    return report(at('min'), `min (${min}) must be smaller than max (${max})${fix}`);
  }
  if (isLog && min < boundMin)
    return report(
      at('min'),
      `min (${min}) must be at least ${boundMin}: numbers below are not exact`,
    );
  if (max - min < Math.max(Math.abs(min), Math.abs(max)) * widthMin)
    return report(
      at('min'),
      `min (${min}) and max (${max}) are too close to sample between them; max must be larger by at least a share of ${widthMin}`,
    );
}
