/** Comparison of two studies of the same name: equal, extended, or different in some keys of the file. */
import { compareBudgets, type BudgetEnd } from '../budget.ts';
import { isOver, type StudyStatus } from '../trial.ts';
import { canonicalSpec, specFile } from './canonical-spec.ts';
import type { StageSpec, StudySpec } from './study-spec.ts';

export type SpecComparison =
  | { readonly kind: 'same' }
  /** The given study only has more configurations in the stored one's last stage, or more stages. */
  | { readonly kind: 'extended' }
  /** Only the budget differs. `isLarger`: a study whose budget has ended continues with it. */
  | { readonly kind: 'budget'; readonly isLarger: boolean }
  | { readonly kind: 'different'; readonly differences: readonly SpecDifference[] };

/** A key of the study file with two values, as they are in the file; undefined without the key. */
export interface SpecDifference {
  /** Path of the key; a stage has its name instead of a number. */
  readonly key: string;
  readonly stored: unknown;
  readonly given: unknown;
}

/** Files may be moved: their records, whose digests are stored, decide whether they are the same data. */
export function compareSpecs(stored: StudySpec, moved: StudySpec): SpecComparison {
  const placed = hasMoved(stored, moved) ? withPlaceOf(stored, moved) : moved;
  const given = { ...placed, budget: stored.budget };
  const change = compareBudgets(stored.budget, moved.budget, stored.objective.direction);
  if (change.kind === 'smaller') {
    const differing = change.keys.map((key) => {
      return { key: `budget.${key}`, stored: stored.budget?.[key], given: moved.budget?.[key] };
    });
    return { kind: 'different', differences: differing };
  }
  if (canonicalSpec(stored) === canonicalSpec(given)) {
    const isEqual = change.kind === 'same';
    return isEqual ? { kind: 'same' } : { kind: 'budget', isLarger: change.kind === 'larger' };
  }
  const last = stored.stages.length - 1;
  const shared = given.stages.slice(0, stored.stages.length).map((stage, index) => {
    const before = stored.stages[index];
    return index === last && before !== undefined ? shortened(stage, before) : stage;
  });
  const found = differences(specFile(stored), specFile({ ...given, stages: shared }), []);
  if (found.length === 0) return { kind: 'extended' };
  const named = found.map(({ path, stored: before, given: now }) => {
    return { key: keyText(path, stored, given), stored: before, given: now };
  });
  return { kind: 'different', differences: named };
}

/** A stage without the configurations that it has in addition to those of `before`, which keep their places. */
function shortened(stage: StageSpec, before: StageSpec): StageSpec {
  // Another number of trials gives another grid.
  const isLonger = stage.trials > before.trials && stage.sampler !== 'grid';
  const trials = isLonger ? before.trials : stage.trials;
  const { also: known = [] } = before;
  const { also = [], ...others } = stage;
  const kept = also.length > known.length ? also.slice(0, known.length) : also;
  return { ...others, trials, ...(kept.length > 0 && { also: kept }) };
}

/** Whether both studies read files, at different paths. */
export function hasMoved({ dataset: stored }: StudySpec, { dataset: given }: StudySpec): boolean {
  const [before, now] = [stored?.path, given?.path];
  return before !== undefined && now !== undefined && before !== now;
}

function withPlaceOf({ dataset: stored }: StudySpec, given: StudySpec): StudySpec {
  if (stored === undefined || given.dataset === undefined) return given;
  const { path, format } = stored;
  return { ...given, dataset: { ...given.dataset, path, format } };
}

/** `stages.fine.trials` for the path of the second stage's trials. */
function keyText([first = '', second, ...rest]: readonly string[], ...specs: StudySpec[]): string {
  if (first !== 'stages' || second === undefined)
    return [first, second, ...rest].filter((part) => part !== undefined).join('.');
  const names = specs.map(({ stages }) => stages[Number(second)]?.name);
  return [first, names.find((name) => name !== undefined) ?? second, ...rest].join('.');
}

interface PathDifference extends Omit<SpecDifference, 'key'> {
  readonly path: readonly string[];
}

/** Where two plain values differ; lists of names are compared as a whole. */
function differences(a: unknown, b: unknown, path: readonly string[]): PathDifference[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isInner(a) || !isInner(b) || Array.isArray(a) !== Array.isArray(b))
    return [{ path, stored: a, given: b }];
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

/** Whether submitting a study again changes nothing, because it is over. */
export function isFinished(
  stored: { readonly status: StudyStatus; readonly budgetEnd?: BudgetEnd | null },
  comparison: SpecComparison,
): boolean {
  if (!isOver(stored.status)) return false;
  if (comparison.kind !== 'budget') return comparison.kind === 'same';
  return !comparison.isLarger || (stored.budgetEnd ?? null) === null;
}
