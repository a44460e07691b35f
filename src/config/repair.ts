/**
 * A file whose shape is wrong in places is mended there with stand-ins, for one purpose: so that the
 * rules can be checked in all other places, and one run reports every problem. What was mended is
 * never used for anything else, and rules broken by a stand-in are not reported.
 */
import type { z } from 'zod';
import type { SpecProblem } from '../study/invariants.ts';
import { keyMeant } from './shape-problems.ts';

const standIns: Readonly<Record<string, unknown>> = {
  study: 'stand-in',
  seed: 0,
  name: 'stand-in',
  train: { count: 1 },
  validation: { count: 1 },
  count: 1,
  hidden: 1,
  batch: 1,
  learning_rate: { min: 1e-3, max: 1e-2, step_size: 1 },
  step_size: 1,
  cycles: 1,
  epochs: 1,
  trials: 3,
  lambda: { distribution: 'log_uniform', min: 1e-3, max: 1e-2 },
  distribution: 'log_uniform',
  min: 1e-3,
  max: 1e-2,
};

/** Renamed keys may turn out to be wrong themselves: so often at most. */
const roundsMax = 3;

/** @returns the shape with stand-ins; null where it cannot be mended */
export function repair<Shape>(
  schema: z.ZodType<Shape>,
  value: unknown,
): { shape: Shape; touched: string[] } | null {
  const mended: unknown = structuredClone(value);
  const touched: string[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const parsed = schema.safeParse(mended);
    if (parsed.success) return { shape: parsed.data, touched };
    for (const issue of parsed.error.issues) {
      const path = issue.path.map(String);
      if (issue.code === 'unrecognized_keys') renameKeys(mended, path, issue.keys);
      else {
        touched.push(path.join('.'));
        setStandIn(mended, path);
      }
    }
  }
  return null;
}

/** Whether a rule speaks of a place that was mended. */
export function isTouched(problem: SpecProblem, touched: readonly string[]): boolean {
  const path = problem.path.join('.');
  return touched.some(
    (place) => path === place || path.startsWith(`${place}.`) || place.startsWith(`${path}.`),
  );
}

function renameKeys(root: unknown, path: readonly string[], keys: readonly string[]): void {
  const parent = objectAt(root, path);
  if (parent === null) return;
  for (const key of keys) {
    const meant = keyMeant(path.join('.'), key);
    if (meant !== null && !Object.hasOwn(parent, meant)) parent[meant] = parent[key];
    Reflect.deleteProperty(parent, key);
  }
}

function setStandIn(root: unknown, path: readonly string[]): void {
  const key = path.at(-1);
  const parent = objectAt(root, path.slice(0, -1));
  if (key === undefined || parent === null) return;
  const standIn = standIns[key];
  if (standIn === undefined) Reflect.deleteProperty(parent, key);
  else parent[key] = structuredClone(standIn);
}

function objectAt(root: unknown, path: readonly string[]): Record<string, unknown> | null {
  let at: unknown = root;
  for (const key of path) {
    if (!isObject(at)) return null;
    at = at[key];
  }
  return isObject(at) ? at : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
