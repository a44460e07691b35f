/**
 * Search rules: what must hold between the keys that describe searched hyperparameters.
 *
 * Like `study-rules.ts` they read a file from which rejected values were removed, and report a mistake once.
 */
import type { ParameterName, ParamValue } from '../search-space.ts';
import type { TrainerDescription, TrainerSettings } from '../trainer-description.ts';
import { trialSettings } from '../trial-settings.ts';
import { toCamel } from './case-codec.ts';
import { distributionRules } from './distribution-rules.ts';
import type { PartialStudy, Rules } from './rule-types.ts';
import type { IsGiven } from './spec-problem.ts';
import { longForm, searchedIn, type GivenParameter, type PlacedParameter } from './stage-search.ts';

type Parameters = TrainerDescription['parameters'];

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
  const searched = stages.map((stage, index) => {
    return { name: stage?.name, placed: searchedIn(search, stage ?? {}, index) };
  });
  for (const [index, stage] of stages.entries()) {
    if (stage === undefined) continue;
    const { placed = [] } = searched[index] ?? {};
    const own = placed.filter(({ path }) => path[0] === 'stages');
    const earlier = searched.slice(0, index);
    for (const parameter of own) distributionRules(parameter, parameters, earlier, rules);
    if (stage.narrow !== undefined && placed.length > 1)
      rules.report(['stages', index, 'narrow'], narrowProblem(placed));
    for (const { given, path } of own)
      if (stage.narrow === undefined && given.narrow !== undefined && placed.length > 1)
        rules.report([...path, 'narrow'], narrowProblem(placed));
    missingRules(index, placed, { section, trainer }, rules);
    knownRules(index, placed, stage.also ?? [], rules);
    emptyRules(index, placed, stage, rules);
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

/** A stage that samples nothing has known configurations. */
function emptyRules(
  index: number,
  placed: readonly PlacedParameter[],
  {
    trials,
    also = [],
  }: { readonly trials?: number | undefined; readonly also?: readonly unknown[] | undefined },
  { report }: Rules,
): void {
  const isKnown = placed.some(
    ({ given, path }) => given.also !== undefined && (index === 0 || path[0] === 'stages'),
  );
  if (trials === 0 && also.length === 0 && !isKnown)
    report(
      ['stages', index, 'trials'],
      'must be at least 3, got 0. Only a stage with known configurations (also) may have 0',
    );
}

/** A known configuration has values of hyperparameters that its stage searches. */
function knownRules(
  index: number,
  placed: readonly PlacedParameter[],
  also: readonly (Readonly<Record<ParameterName, unknown>> | undefined)[],
  { report }: Rules,
): void {
  const names = placed.map(({ name }) => name);
  for (const [place, known] of also.entries())
    for (const name of Object.keys(known ?? {}))
      if (!names.includes(name))
        report(
          ['stages', index, 'also', place, name],
          `is not searched in this stage (searched: ${names.join(', ')}). Remove it, or add it to search`,
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
          `is not searched in this stage (searched: ${known === '' ? 'nothing else' : known}). Remove the condition, or add it to search`,
        );
      } else if (values === undefined)
        report(at, `needs a list of values of ${other}: values: [ … ]`);
      else if (dependsOn(other, name, byName)) {
        report(at, `and ${name} depend on each other. Remove one of the conditions`);
        return;
      } else
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
