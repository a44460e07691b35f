/**
 * What the splits of a study ask of a data set: which parts they need, and whether they can be had.
 * Says no before anything is read where the names alone tell.
 */
import { assert } from '../../base/assert.ts';
import { closestWord } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { CountedSelection, DatasetSpec, Selection } from '../../study/spec/study-spec.ts';

type SplitName = 'train' | 'validation' | 'test';

/** The splits that the study has, in the order in which they are drawn. */
function selectionsOf(spec: DatasetSpec): readonly (readonly [SplitName, Selection])[] {
  const always = [
    ['train', spec.train],
    ['validation', spec.validation],
  ] as const;
  return spec.test === null ? always : [...always, ['test', spec.test]];
}

export function draws(spec: DatasetSpec): boolean {
  return selectionsOf(spec).some(([, selection]) => selection.kind !== 'parts');
}

/** Each part that a split names, with that split. @throws RidgelineError STUDY_INVALID for one named twice */
export function namedParts(spec: DatasetSpec): ReadonlyMap<string, SplitName> {
  const splits = new Map<string, SplitName>();
  for (const [split, selection] of selectionsOf(spec)) {
    if (selection.kind !== 'parts') continue;
    for (const part of selection.parts) {
      const other = splits.get(part);
      if (other !== undefined) {
        throw new RidgelineError(
          'STUDY_INVALID',
          other === split
            ? `dataset.${split} names ${part} twice, so its records would count double.`
            : `dataset.${other} and dataset.${split} both name ${part}: a network measured on records that it was trained or chosen on looks better than it is.`,
          `Name each part once, or let the seed draw both splits with {count: N} or {fraction: 0.1}.`,
        );
      }
      splits.set(part, split);
    }
  }
  return splits;
}

/** @throws RidgelineError STUDY_INVALID for a part that the data set never has */
export function refuseUnknownParts(
  dataset: string,
  named: ReadonlyMap<string, SplitName>,
  known: readonly string[],
): void {
  for (const [part, split] of named) {
    if (known.includes(part)) continue;
    const closest = closestWord(part, known);
    throw new RidgelineError(
      'STUDY_INVALID',
      `dataset.${split} names ${JSON.stringify(part)}, but ${dataset} has no such part: it has ${known.join(', ')}${closest === null ? '.' : `; did you mean ${closest}?`}`,
      'Name one of those that it has, or let the seed draw the records with {count: N} or {fraction: 0.1}.',
    );
  }
}

/** The splits of a study, each with its number of records where it is drawn. */
export interface CountedSplits {
  readonly train: CountedSelection;
  readonly validation: CountedSelection;
  readonly test: CountedSelection | null;
}

/**
 * Makes counts of fractions. Fractions are cut one after the other from all that is drawn from, each end
 * rounded by itself, so that fractions that make 1 together leave no record out.
 *
 * @param poolRecords those of the parts that no split names
 * @throws RidgelineError STUDY_INVALID when more records are drawn than there are, or none for a split
 */
export function countedSplits(
  spec: DatasetSpec,
  dataset: string,
  poolRecords: number,
): CountedSplits {
  const counted: Record<SplitName, CountedSelection | null> = {
    train: null,
    validation: null,
    test: null,
  };
  let share = 0;
  for (const [split, selection] of selectionsOf(spec)) {
    if (selection.kind !== 'fraction') {
      counted[split] = selection;
      continue;
    }
    const start = Math.round(share * poolRecords);
    share += selection.fraction;
    const count = Math.round(share * poolRecords) - start;
    if (count === 0) throw tooSmall(split, selection.fraction, dataset, poolRecords);
    counted[split] = { kind: 'count', count };
  }
  refuseLargeCounts(spec, counted, dataset, poolRecords);
  const { train, validation, test } = counted;
  assert(train !== null && validation !== null, 'every study has both');
  return { train, validation, test };
}

function tooSmall(
  split: SplitName,
  fraction: number,
  dataset: string,
  poolRecords: number,
): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    `dataset.${split} takes ${fraction} of the ${poolRecords} records that ${dataset} has to draw from, which is none.`,
    'Take a larger fraction, or name fewer parts.',
  );
}

function refuseLargeCounts(
  spec: DatasetSpec,
  splits: Readonly<Record<SplitName, CountedSelection | null>>,
  dataset: string,
  poolRecords: number,
): void {
  const counts = Object.entries(splits).flatMap(([split, selection]) =>
    selection?.kind === 'count' ? [{ split, count: selection.count }] : [],
  );
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total <= poolRecords) return;
  const asked = counts.map(({ split, count }) => `${split} ${count}`).join(', ');
  const kinds = new Set(selectionsOf(spec).map(([, { kind }]) => kind));
  const written = kinds.has('fraction')
    ? kinds.has('count')
      ? 'fractions and counts'
      : 'fractions'
    : 'counts';
  throw new RidgelineError(
    'STUDY_INVALID',
    `The splits ask for ${total} records (${asked}), but ${dataset} has ${poolRecords} to draw from: those of the parts that no split names and that are not set aside for testing.`,
    `Lower the ${written} to ${poolRecords} records together, or name fewer parts.`,
  );
}
