/**
 * Search rules: what must hold between the keys that describe searched hyperparameters.
 *
 * Like `study-rules.ts` they read a file from which rejected values were removed, and report a mistake once.
 */
import {
  isLogarithmic,
  numberDistributions,
  valueProblem,
  type ParameterDescription,
  type ParameterName,
  type ParamValue,
} from '../search-space.ts';
import type { TrainerDescription, TrainerSettings } from '../trainer-description.ts';
import { trialSettings } from '../trial-settings.ts';
import { toCamel } from './case-codec.ts';
import type { PartialStudy, Path, Rules } from './rule-types.ts';
import type { IsGiven } from './spec-problem.ts';
import { longForm, searchedIn, type GivenParameter, type PlacedParameter } from './stage-search.ts';

type Parameters = TrainerDescription['parameters'];
type Stages = NonNullable<PartialStudy['stages']>;

/** Above the numbers of float64 that have fewer digits. */
const boundMin = 1e-300;
/** Smallest width of a range, as a share of its values: some thousand times the distance of two numbers. */
const widthMin = 1e-12;
/** Most hyperparameters whose extreme values are combined in pairs. */
const pairedMax = 12;

export function searchRules(
  { search, stages = [], trainer: section }: PartialStudy,
  trainer: TrainerDescription,
  rules: Rules,
): void {
  const { parameters } = trainer;
  for (const [name, given] of Object.entries<GivenParameter | undefined>(search ?? {})) {
    if (given === undefined) continue;
    const path = ['search', name];
    if (given.narrow !== undefined)
      rules.report(
        [...path, 'narrow'],
        'is a key of a stage: give the bounds here, and narrow in the stage that narrows them',
      );
    else distributionRules({ name, given, path }, parameters, [], rules);
  }
  unusedRules({ search, stages, trainer: section }, parameters, rules);
  for (const [index, stage] of stages.entries()) {
    if (stage === undefined) continue;
    const placed = searchedIn(search, stage, index);
    const own = placed.filter(({ path }) => path[0] === 'stages');
    const earlier = stages.slice(0, index);
    for (const parameter of own) distributionRules(parameter, parameters, earlier, rules);
    if (stage.narrow !== undefined && placed.length > 1)
      rules.report(['stages', index, 'narrow'], narrowProblem(placed));
    for (const { given, path } of own)
      if (stage.narrow === undefined && given.narrow !== undefined && placed.length > 1)
        rules.report([...path, 'narrow'], narrowProblem(placed));
    missingRules(index, placed, { section, trainer }, rules);
    conditionRules(placed, rules);
    if (section !== undefined) settingRules(placed, toCamel(section), trainer, rules);
  }
}

/** A fixed value of a hyperparameter that is no setting is for stages that do not search it. */
function unusedRules(
  { search, stages = [] }: PartialStudy,
  parameters: Parameters,
  { isGiven, report }: Rules,
): void {
  const searched = stages.flatMap((stage, index) =>
    stage === undefined ? [] : [searchedIn(search, stage, index)],
  );
  for (const [name, { isSetting }] of Object.entries(parameters)) {
    if (isSetting === true || !isGiven(['trainer', name]) || searched.length === 0) continue;
    const isAlways = (placed: readonly PlacedParameter[]): boolean =>
      placed.some((one) => one.name === name && one.given.where === undefined);
    if (searched.every(isAlways))
      report(['trainer', name], 'has no effect, since every stage searches it. Remove it');
  }
}

function narrowProblem(placed: readonly PlacedParameter[]): string {
  const names = placed.map(({ name }) => name).join(', ');
  return `works for a stage with one hyperparameter; this one has ${names}. Give the bounds of each`;
}

/** A hyperparameter that is no setting needs a value in every trial, and a stage something to search. */
function missingRules(
  index: number,
  placed: readonly PlacedParameter[],
  {
    section,
    trainer,
  }: { readonly section: object | undefined; readonly trainer: TrainerDescription },
  { isGiven, report }: Rules,
): void {
  const at = ['stages', index];
  const isSearched = (name: ParameterName): boolean =>
    [['search'], [...at, 'search'], at].some((path) => isGiven([...path, name]));
  const required = Object.entries(trainer.parameters).filter(([, { isSetting }]) => !isSetting);
  for (const [name] of required) {
    if (isSearched(name) || isGiven(['trainer', name])) continue;
    const isShorthand = name === 'lambda' && !isGiven([...at, 'search']);
    report([...at, ...(isShorthand ? [name] : ['search', name])], 'is missing');
    return;
  }
  const isEmpty = placed.length === 0 && !['search', 'lambda'].some((key) => isGiven([...at, key]));
  if (isEmpty && !isGiven(['search']) && section !== undefined)
    report(
      [...at, 'search'],
      'is missing: a stage searches at least one hyperparameter, such as search: { lambda: { log_uniform: [1.0e-6, 1.0] } }',
    );
}

/** @param earlier the stages before this one */
function distributionRules(
  { name, given, path }: PlacedParameter,
  parameters: Parameters,
  earlier: Stages | readonly [],
  rules: Rules,
): void {
  const { isGiven, report } = rules;
  const isStageNarrow = path.at(-1) === 'narrow';
  const has = (key: string): boolean => isGiven([...path, key]);
  const short = numberDistributions.filter(has);
  const [form, ...others] = [...short, ...(has('values') ? ['values'] : [])];
  const long = ['distribution', 'min', 'max', 'narrow'].filter(has);
  if (others.length > 0) report([...path, others[0]!], `is given beside ${form}. Keep one of them`);
  else if (form !== undefined && form !== 'values' && long.length > 0)
    report([...path, long[0]!], `does not go with ${form}, which has its bounds. Remove it`);
  else if (form === 'values') valuesRules(path, given, long, report);
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
  earlier: Stages | readonly [],
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
      report([...path, 'values', index], `${String(value)} is in the list twice`);
}

function narrowRules(
  path: Path,
  narrow: string | undefined,
  earlier: Stages | readonly [],
  name: ParameterName,
  report: Rules['report'],
): void {
  const names = earlier.map((stage) => stage?.name);
  if (narrow === undefined || names.includes(undefined)) return;
  if (!names.includes(narrow)) {
    const list = `earlier stages: ${names.join(', ')}`;
    const known = names.length > 0 ? list : 'this is the first stage';
    report(path, `no earlier stage is called ${JSON.stringify(narrow)} (${known})`);
    return;
  }
  const source = earlier[names.indexOf(narrow)];
  const own = { ...source?.search, ...(source?.lambda && { lambda: source.lambda }) }[name];
  if (own !== undefined && longForm(own).distribution === 'values')
    report(path, `stage ${narrow} has a list of values of ${name}; only a range can be narrowed`);
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
  const isWhole = distribution === 'integer' || distribution === 'log_integer';
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

/** Conditions name a list of values of the same stage, without a cycle. */
function conditionRules(placed: readonly PlacedParameter[], { report }: Rules): void {
  const byName = new Map(placed.map((parameter) => [parameter.name, parameter]));
  for (const { name, given, path } of placed)
    for (const [other, allowed = []] of Object.entries(given.where ?? {})) {
      const at = [...path, 'where', other];
      const of = byName.get(other);
      const values = of === undefined ? undefined : longForm(of.given).values;
      if (of === undefined) {
        const known = [...byName.keys()].filter((one) => one !== name).join(', ');
        report(
          at,
          `is not searched in this stage (searched: ${known === '' ? 'nothing else' : known})`,
        );
      } else if (values === undefined)
        report(at, `needs a list of values of ${other}: values: [ … ]`);
      else if (dependsOn(other, name, byName)) report(at, `and ${name} depend on each other`);
      else
        for (const [index, value] of allowed.entries())
          if (value !== undefined && !values.includes(value))
            report(
              [...at, index],
              `${String(value)} is not a value of ${other} (${values.join(', ')})`,
            );
    }
}

function dependsOn(
  name: ParameterName,
  on: ParameterName,
  byName: ReadonlyMap<ParameterName, PlacedParameter>,
  visited: ReadonlySet<ParameterName> = new Set(),
): boolean {
  if (name === on) return true;
  if (visited.has(name)) return false;
  const conditions = Object.keys(byName.get(name)?.given.where ?? {});
  return conditions.some((other) => dependsOn(other, on, byName, new Set([...visited, name])));
}

/** Extreme values of the hyperparameters, alone and in pairs, keep the rules between settings. */
function settingRules(
  placed: readonly PlacedParameter[],
  section: TrainerSettings,
  trainer: TrainerDescription,
  { isGiven, report }: Rules,
): void {
  const names = new Set(placed.map(({ name }) => name));
  const isSet: IsGiven = (path) => names.has(path.join('.')) || isGiven(['trainer', ...path]);
  if (trainer.problems(section, (path) => isGiven(['trainer', ...path])).length > 0) return;
  const searched = placed.filter(({ name }) => trainer.parameters[name]?.isSetting === true);
  const extremes = searched.slice(0, pairedMax).map((parameter) => ({
    ...parameter,
    ends: extremeValues(parameter.given),
  }));
  for (const [index, first] of extremes.entries())
    for (const second of extremes.slice(index))
      for (const a of first.ends)
        for (const b of second.ends) {
          const values = { [first.name]: a, [second.name]: first === second ? a : b };
          const [problem] = trainer.problems(trialSettings(section, values), isSet);
          if (problem === undefined) continue;
          const text = Object.entries(values).map(([name, value]) => `${name} ${String(value)}`);
          const place = ['trainer', ...problem.path].join('.');
          return report(
            first.path,
            `allows ${text.join(' with ')}, but ${place}: ${problem.message}`,
          );
        }
}

function extremeValues(given: GivenParameter): ParamValue[] {
  const { min, max, values } = longForm(given);
  return [...(values ?? [min, max])].filter((value) => value !== undefined);
}
