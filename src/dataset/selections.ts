/**
 * What the splits of a study ask of a data set: which parts they need, and whether they can be had.
 * Says no before anything is read where the names alone tell.
 */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetSpec, Selection } from '../study/study-spec.ts';
import { closestName } from './closest-name.ts';

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
  return selectionsOf(spec).some(([, selection]) => selection.kind === 'count');
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
          `Name each part once, or let the seed draw both splits with {count: N}.`,
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
    const closest = closestName(part, known);
    throw new RidgelineError(
      'STUDY_INVALID',
      `dataset.${split} names ${JSON.stringify(part)}, but ${dataset} has no such part${closest === null ? '.' : `; did you mean ${closest}?`}`,
      `Use parts of ${known.join(', ')}, or {count: N}.`,
    );
  }
}

/** @throws RidgelineError STUDY_INVALID when more records are drawn than there are */
export function refuseLargeCounts(spec: DatasetSpec, dataset: string, poolRecords: number): void {
  const counts = selectionsOf(spec).flatMap(([split, selection]) =>
    selection.kind === 'count' ? [{ split, count: selection.count }] : [],
  );
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total <= poolRecords) return;
  const asked = counts.map(({ split, count }) => `${split} ${count}`).join(', ');
  throw new RidgelineError(
    'STUDY_INVALID',
    `The splits ask for ${total} records (${asked}), but ${dataset} has ${poolRecords} to draw from: those of the parts that no split names and that are not set aside for testing.`,
    `Lower the counts to ${poolRecords} records together, or name fewer parts.`,
  );
}
