/** Compared studies: the facts of several studies by name, and axes on which all of them can be drawn. */
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { completeText, objectiveName, testText } from '../../report/results/result-words.ts';
import { groupedNumber, valueWithError } from '../../report/text/number-format.ts';
import { formatParam, parameterSymbol } from '../../study/search-space.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import type { StudyPage } from '../page-messages.ts';

export interface ComparedFact {
  readonly name: string;
  /** One for each study; null if it has none. */
  readonly values: readonly (string | null)[];
}

/** Ranges of both axes, as a zoom (`dot-places.ts`). */
export interface CommonAxes {
  readonly at: Range;
  readonly values: readonly [number, number];
}

/** Facts that at least one of the studies has, in a fixed order. */
export function comparedFacts(pages: readonly StudyPage[]): ComparedFact[] {
  const each = pages.map(facts);
  const names = [...new Set(each.flatMap((own) => [...own.keys()]))];
  return names.map((name) => ({ name, values: each.map((own) => own.get(name) ?? null) }));
}

function facts(page: StudyPage): Map<string, string> {
  const { best, ties, stages, status, dataset, seed } = page;
  const own = new Map<string, string>();
  if (best !== null) {
    const test = testText(best, page);
    const metric = objectiveMetric(page);
    const value = valueWithError(metric, best.value, best.standardError);
    if (value !== null) own.set(objectiveName(page), value);
    if (test !== null) own.set('test', test);
    for (const [parameter, setting] of Object.entries(best.params))
      own.set(parameterSymbol(parameter), formatParam(setting, page.styles?.[parameter]));
  }
  if (ties !== null && ties.compared > 1)
    own.set(
      'not significantly worse',
      `${groupedNumber(ties.tied)} of ${groupedNumber(ties.compared)}`,
    );
  own.set('status', `${status}, ${completeText(stages)}`);
  own.set('data', `${dataset}, seed ${seed}`);
  return own;
}

/** Axes that have the trials of all studies; null if they search other parameters or rank by other metrics. */
export function commonAxes(pages: readonly StudyPage[]): CommonAxes | null {
  const [first] = pages;
  const metrics = pages.map((page) => objectiveMetric(page));
  const isAlike = (page: StudyPage, index: number): boolean =>
    page.parameter === first?.parameter && metrics[index]?.name === metrics[0]?.name;
  const points = pages.flatMap((page) => page.points);
  const places = points.flatMap(([, at]) => (at !== null && at > 0 ? [at] : []));
  const scale = metrics[0]?.unit === 'share' ? 100 : 1;
  const values = points.flatMap(([, , value]) => (value === null ? [] : [scale * value]));
  if (!pages.every(isAlike) || first?.parameter === null || places.length < 2 || values.length < 2)
    return null;
  const [low, high] = extent(values);
  const margin = (high - low) / 20 || 1;
  const [min, max] = extent(places);
  const isLinear = pages.some(
    ({ scales, parameter }) => parameter !== null && scales[parameter]?.kind === 'linear',
  );
  const wide = (max - min) / 20;
  const at = isLinear ? { min: min - wide, max: max + wide } : { min: min / 1.2, max: max * 1.2 };
  return { at, values: [low - margin, high + margin] };
}

function extent(numbers: readonly number[]): [number, number] {
  return numbers.reduce<[number, number]>(
    ([low, high], number) => [Math.min(low, number), Math.max(high, number)],
    [Infinity, -Infinity],
  );
}
