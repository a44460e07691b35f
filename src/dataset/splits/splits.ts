/**
 * Which records are in which split: a function of the reference alone, that is of the parts' sizes,
 * the selections and the seed, so that coordinator and workers agree without sending record numbers.
 *
 * Records are numbered through the concatenation of the reference's parts.
 */
import { RidgelineError } from '../../base/errors.ts';
import { RandomStream } from '../../base/philox.ts';
import type { DatasetReference, PartReference } from '../../study/spec/dataset-reference.ts';
import type { CountedSelection } from '../../study/spec/study-spec.ts';
import { Pool } from './draw-records.ts';

/** Record numbers are unsigned 32-bit numbers; and no node holds more images. */
const recordsMax = 2 ** 31;

export interface DrawnSplits {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  /** Null where the study has no test split, or the reference leaves its parts out. */
  readonly test: Uint32Array | null;
}

/**
 * `parts` selections take whole parts in the order given. `count` selections are drawn from the
 * records of all other parts: one permutation, of which train takes the first records, validation the
 * next, test the next; so they never overlap, and leaving the test set out moves nothing. Where the
 * reference stratifies, each takes the first records of every class (`pool.ts`).
 *
 * @param labels by record; only where the reference stratifies are they looked at
 * @throws RidgelineError DATASET_INVALID when the reference contradicts itself
 */
export function drawSplits(reference: DatasetReference, labels: Uint8Array): DrawnSplits {
  const first = firstRecords(reference.parts);
  const pool = new Pool(poolOf(reference, first), reference.stratify === true ? labels : null);
  const recordsOf = (selection: CountedSelection): Uint32Array => {
    if (selection.kind === 'parts') return recordsOfParts(selection.parts, reference.parts, first);
    if (!isCount(selection.count) || selection.count > pool.left) {
      throw contradictory(`draws ${selection.count} of ${pool.left} records`);
    }
    return pool.take(selection.count);
  };
  const train = recordsOf(reference.train);
  const validation = recordsOf(reference.validation);
  const { test } = reference;
  const leftOut =
    test === null || (test.kind === 'parts' && !test.parts.every((name) => first.has(name)));
  return { train, validation, test: leftOut ? null : recordsOf(test) };
}

/** The number of each part's first record, by name. */
function firstRecords(parts: readonly PartReference[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  let next = 0;
  for (const part of parts) {
    if (first.has(part.name)) throw contradictory(`names part ${part.name} twice`);
    first.set(part.name, next);
    next += part.count;
    if (!isCount(part.count) || next > recordsMax) {
      throw contradictory(`says that part ${part.name} has ${part.count} records`);
    }
  }
  return first;
}

/** The records of the parts that no selection names, in random order; empty where nothing is drawn. */
function poolOf(reference: DatasetReference, first: ReadonlyMap<string, number>): Uint32Array {
  const selections = [reference.train, reference.validation, reference.test];
  if (!selections.some((selection) => selection?.kind === 'count')) return new Uint32Array();
  const named = new Set(selections.flatMap((s) => (s?.kind === 'parts' ? s.parts : [])));
  const unnamed = reference.parts.filter((part) => !named.has(part.name));
  const records = recordsOfParts(
    unnamed.map((part) => part.name),
    unnamed,
    first,
  );
  const order = new RandomStream(reference.seed, 'split').permutation(records.length);
  return order.map((index) => records[index]!);
}

function recordsOfParts(
  names: readonly string[],
  parts: readonly PartReference[],
  first: ReadonlyMap<string, number>,
): Uint32Array {
  const chosen = names.map((name) => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw contradictory(`selects part ${name}, which it does not have`);
    return part;
  });
  const records = new Uint32Array(chosen.reduce((sum, part) => sum + part.count, 0));
  let next = 0;
  for (const part of chosen) {
    const start = first.get(part.name)!;
    for (let record = 0; record < part.count; record++) records[next++] = start + record;
  }
  return records;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function contradictory(problem: string): RidgelineError {
  return new RidgelineError(
    'DATASET_INVALID',
    `The data set's description ${problem}, so its splits cannot be drawn.`,
    'Check that coordinator and worker run the same version of Ridgeline.',
  );
}
