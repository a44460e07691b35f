/** Comparison of two studies of the same name: equal, extended, or different in some keys of the file. */
import { canonicalSpec, specFile } from './canonical-spec.ts';
import type { StudySpec } from './study-spec.ts';

export type SpecComparison =
  | { readonly kind: 'same' }
  /** The given study only has more trials in the stored one's last stage, or more stages. */
  | { readonly kind: 'extended' }
  /** `fields`: the keys of the study file that differ, as paths. */
  | { readonly kind: 'different'; readonly fields: readonly string[] };

export function compareSpecs(stored: StudySpec, given: StudySpec): SpecComparison {
  if (canonicalSpec(stored) === canonicalSpec(given)) return { kind: 'same' };
  const last = stored.stages.length - 1;
  const shared = given.stages.slice(0, stored.stages.length).map((stage, index) => {
    const trials = stored.stages[index]?.trials ?? stage.trials;
    return index === last && stage.trials > trials ? { ...stage, trials } : stage;
  });
  const fields = differences(specFile(stored), specFile({ ...given, stages: shared }), []);
  return fields.length === 0 ? { kind: 'extended' } : { kind: 'different', fields };
}

/** Paths at which two plain values differ; lists of names are compared as a whole. */
function differences(a: unknown, b: unknown, path: readonly string[]): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isInner(a) || !isInner(b) || Array.isArray(a) !== Array.isArray(b)) return [path.join('.')];
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), [...path, key]),
  );
}

function isInner(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) || value.some((item) => typeof item === 'object');
}
