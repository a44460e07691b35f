/**
 * Ambiguous names: names of studies and stages that programs read as something else in exported files. CSV has
 * no types, so pandas reads `nan` as a missing value and `1e3` as 1000.
 */
import type { SpecProblem } from '../study/spec/spec-problem.ts';

/** Texts that pandas, polars or R take for missing values, numbers or truth values. */
const ambiguous =
  /^(?:nan|na|n\/a|null|nil|none|inf|infinity|true|false|\d+\.?\d*(?:e\d+)?|\d+e-\d+|0x[\da-f]+)$/;

export function isAmbiguousName(name: string): boolean {
  return ambiguous.test(name);
}

export function ambiguousRule(name: string): string {
  return `must not look like a number or a missing value, which ${JSON.stringify(name)} is for programs that read CSV. Add a word, such as ${JSON.stringify(`search-${name}`)}`;
}

/** @param value the content of a study file, not yet checked */
export function ambiguousNames(value: unknown): SpecProblem[] {
  const problem = (path: SpecProblem['path'], name: unknown): SpecProblem[] => {
    // YAML reads 007 and 1e3 without quotes as numbers; quotes would not make them better names.
    const text = typeof name === 'number' ? String(name) : name;
    if (typeof text !== 'string' || !isAmbiguousName(text)) return [];
    return [{ path, message: ambiguousRule(text) }];
  };
  if (!isRecord(value)) return [];
  const stages = Array.isArray(value['stages']) ? value['stages'] : [];
  return [
    ...problem(['study'], value['study']),
    ...stages.flatMap((stage: unknown, index) =>
      isRecord(stage) ? problem(['stages', index, 'name'], stage['name']) : [],
    ),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
