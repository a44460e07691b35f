/**
 * Known configurations: chooses the best trials of another search that a stage can try, and writes them into
 * the stage's `also`. Pure.
 */
import { isMap, isNode, isSeq, parseDocument, type Node as YamlNode } from 'yaml';
import { assert } from '../base/assert.ts';
import {
  paramsText,
  valueProblem,
  type ParameterDescription,
  type ParameterName,
  type Params,
  type ParamValue,
} from '../study/search-space.ts';
import type { Objective, StageSpec } from '../study/spec/study-spec.ts';
import type { ForeignTrial } from './foreign-trials.ts';

export interface KnownChoice {
  /** Most configurations. */
  readonly top: number;
  readonly direction: Objective['direction'];
  /** Names of the file that have another name in the study. */
  readonly renamed: ReadonlyMap<string, ParameterName>;
  readonly parameters: Readonly<Record<ParameterName, ParameterDescription>>;
}

export interface KnownConfigurations {
  /** The best first. */
  readonly configurations: readonly Params[];
  /** Why trials were left out, with the number of each. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Trials without a value rank last, in the order of the file. */
export function chooseKnown(
  trials: readonly ForeignTrial[],
  stage: StageSpec,
  { top, direction, renamed, parameters }: KnownChoice,
): KnownConfigurations {
  const sign = direction === 'maximize' ? -1 : 1;
  const worst = Infinity;
  const score = ({ value }: ForeignTrial): number => (value === null ? worst : sign * value);
  const ranked = trials.toSorted((a, b) => (score(a) === score(b) ? 0 : score(a) - score(b)));
  const skipped = new Map<string, number>();
  const seen = new Set((stage.also ?? []).map(paramsText));
  const configurations: Params[] = [];
  for (const { values } of ranked) {
    if (configurations.length === top) break;
    const read = readParams(values, Object.keys(stage.search), renamed, parameters);
    const reason =
      typeof read === 'string' ? read : seen.has(paramsText(read)) ? 'known already' : null;
    if (reason !== null) skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    else if (typeof read !== 'string') {
      seen.add(paramsText(read));
      configurations.push(read);
    }
  }
  return { configurations, skipped };
}

/** The values of the stage's hyperparameters, or why the trial cannot be tried. */
function readParams(
  values: ForeignTrial['values'],
  names: readonly ParameterName[],
  renamed: KnownChoice['renamed'],
  parameters: KnownChoice['parameters'],
): Params | string {
  const found: Record<ParameterName, ParamValue> = {};
  for (const [name, value] of Object.entries(values)) {
    const parameter = renamed.get(name) ?? name;
    const description = parameters[parameter];
    if (!names.includes(parameter) || description === undefined) continue;
    if (value === undefined || value === null) continue;
    const problem = valueProblem(description, value);
    if (problem !== null) return `${parameter} ${problem}, got ${JSON.stringify(value)}`;
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
      found[parameter] = value;
  }
  return Object.keys(found).length === 0 ? `none of ${names.join(', ')} in it` : found;
}

/** The lines to put into a stage. */
export function knownText(configurations: readonly Params[]): string {
  return ['also:', ...configurations.map((params) => `  - ${paramsYaml(params)}`)].join('\n');
}

function paramsYaml(params: Params): string {
  const values = Object.entries(params).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? JSON.stringify(value) : value}`,
  );
  return `{ ${values.join(', ')} }`;
}

/** The text of a valid study file with these configurations added to a stage; nothing else in it changes. */
export function withKnown(text: string, stage: number, configurations: readonly Params[]): string {
  const document = parseDocument(text);
  const place: unknown = document.getIn(['stages', stage], true);
  assert(isMap(place), 'a valid file has the stage');
  const given: unknown = place.get('also', true);
  const items = configurations.map(paramsYaml);
  if (isSeq(given)) {
    if (given.flow === true) return inserted(text, endOf(given) - 1, `, ${items.join(', ')}`);
    const indent = ' '.repeat(columnOf(text, startOf(given)));
    return inserted(text, lastEnd(given), items.map((item) => `\n${indent}- ${item}`).join(''));
  }
  if (place.flow === true)
    return inserted(text, endOf(place) - 1, `, also: [${items.join(', ')}] `);
  const indent = ' '.repeat(columnOf(text, startOf(place)));
  const lines = ['also:', ...items.map((item) => `  - ${item}`)];
  return inserted(text, lastEnd(place), lines.map((line) => `\n${indent}${line}`).join(''));
}

/** After the blanks and the comma that may stand before a closing bracket, `more` would repeat the comma. */
function inserted(text: string, at: number, more: string): string {
  const before = text.slice(0, at).replace(/[,\s]+$/, '');
  const rest = text.slice(at);
  return more.startsWith(',') ? before + more + rest : text.slice(0, at) + more + rest;
}

function startOf({ range }: YamlNode): number {
  return range?.[0] ?? 0;
}

function endOf({ range }: YamlNode): number {
  return range?.[1] ?? 0;
}

/** The end of the last value in a block, without the lines after it. */
function lastEnd(node: YamlNode): number {
  const items: readonly unknown[] = isMap(node)
    ? node.items.map(({ value }) => value)
    : isSeq(node)
      ? node.items
      : [];
  const last = items.findLast((item) => isNode(item));
  const isBlock = last !== undefined && (isMap(last) || isSeq(last)) && last.flow !== true;
  if (last === undefined) return endOf(node);
  return isBlock ? lastEnd(last) : endOf(last);
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}
