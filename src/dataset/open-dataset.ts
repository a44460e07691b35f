/**
 * Opens the data set of a study: reads the parts that its splits need, checks that the splits can be
 * had, and describes them for workers. `catalogue.ts` answers questions about data sets without a study.
 */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetReference, PartReference } from '../study/spec/dataset-reference.ts';
import type { CountedSelection, DatasetSpec } from '../study/spec/study-spec.ts';
import { makeRoom } from './shards/collect-garbage.ts';
import { locateDataset, type LocatedDataset } from './locate.ts';
import { encodedBytes, partDigest, type Part } from './shards/shard.ts';
import { PixelMemory } from './shards/pixel-memory.ts';
import type { FoundParts } from './shards/shard-source.ts';
import {
  countedSplits,
  draws,
  namedParts,
  refuseUnknownParts,
  type CountedSplits,
} from './splits/selections.ts';

export interface OpenedDataset {
  /** For people: where it was read. */
  readonly source: string;
  /** Those that the study needs, the test split's last. */
  readonly parts: readonly Part[];
  /** Whether these parts are those of the official release, bit for bit; null: nothing to compare. */
  readonly official: boolean | null;
  /** Records in each split. */
  readonly counts: {
    readonly train: number;
    readonly validation: number;
    readonly test: number | null;
  };
  /** What a worker needs to know. `search` leaves out the parts that only the test split needs. */
  reference(seed: number, use: 'search' | 'test'): DatasetReference;
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID, STUDY_INVALID */
export async function openDataset(
  spec: DatasetSpec,
  options: { readonly dataDir: string },
): Promise<OpenedDataset> {
  const named = namedParts(spec);
  const located = await locateDataset(spec.source, options.dataDir);
  if (located.knownParts !== null) refuseUnknownParts(located.name, named, located.knownParts);
  const isDrawn = (part: string): boolean =>
    draws(spec) &&
    !named.has(part) &&
    !located.isHeldBack(part) &&
    (located.knownParts?.includes(part) ?? true);

  makeRoom();
  const found = await located.read((part) => named.has(part) || isDrawn(part), new PixelMemory());
  refuseAbsentParts(located, found, named);
  const pool = found.parts.filter((part) => isDrawn(part.name));
  const splits = countedSplits(spec, located.name, recordsIn(pool));
  return describe(spec, splits, located, found);
}

function describe(
  spec: DatasetSpec,
  splits: CountedSplits,
  located: LocatedDataset,
  found: FoundParts,
): OpenedDataset {
  const testParts = splits.test?.kind === 'parts' ? splits.test.parts : [];
  const isTest = (part: Part): boolean => testParts.includes(part.name);
  const searchParts = found.parts.filter((part) => !isTest(part));
  const parts = [...searchParts, ...found.parts.filter(isTest)];
  const countOf = (selection: CountedSelection): number =>
    selection.kind === 'count'
      ? selection.count
      : recordsIn(parts.filter((part) => selection.parts.includes(part.name)));
  return {
    source: located.location,
    parts,
    official: found.official,
    counts: {
      train: countOf(splits.train),
      validation: countOf(splits.validation),
      test: splits.test === null ? null : countOf(splits.test),
    },
    reference: (seed, use) => ({
      parts: (use === 'test' ? parts : searchParts).map(partReference),
      // Where nothing is drawn the seed means nothing, and studies that differ in it share their data.
      seed: draws(spec) ? seed : 0,
      ...splits,
      ...(spec.stratify === true ? { stratify: true } : {}),
    }),
  };
}

function partReference(part: Part): PartReference {
  return {
    name: part.name,
    digest: partDigest(part),
    bytes: encodedBytes(part),
    count: part.labels.length,
  };
}

function recordsIn(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.labels.length, 0);
}

/** A part that the release has, but not this copy of it. */
function refuseAbsentParts(
  located: LocatedDataset,
  found: FoundParts,
  named: ReadonlyMap<string, string>,
): void {
  const absent = [...named].filter(([part]) => !found.names.includes(part));
  if (absent.length === 0) return;
  const wanted = absent.map(([part, split]) => `${part} (dataset.${split})`).join(', ');
  const there = found.names.length === 0 ? 'no parts' : found.names.join(', ');
  throw new RidgelineError(
    'DATASET_MISSING',
    `${located.location} holds ${there}, but not ${wanted}, so the splits cannot be made.`,
    'Put the missing files there, or let the study name other parts.',
  );
}
