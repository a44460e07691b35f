/**
 * A data set as workers know it: parts by digest, and how the splits are drawn from them. It says
 * nothing of files or addresses, so that a node needs no shared disk; `dataset` resolves it.
 */
import { sha256 } from '../../base/digest.ts';
import type { CountedSelection } from './study-spec.ts';

export interface DatasetReference {
  /** The parts that this use needs, in the order in which records are numbered. */
  readonly parts: readonly PartReference[];
  /** Draws the `count` selections. */
  readonly seed: number;
  readonly train: CountedSelection;
  readonly validation: CountedSelection;
  /**
   * Also present where the test set is not measured, since `count` splits are drawn after one another;
   * its parts are among `parts` only where it is measured or drawn. Null where the study has none.
   */
  readonly test: CountedSelection | null;
  readonly stratify?: true;
}

export interface PartReference {
  readonly name: string;
  /** SHA-256 of the part's canonical bytes (`dataset/shards/shard.ts`). */
  readonly digest: string;
  readonly bytes: number;
  /** Records in it. */
  readonly count: number;
}

/** Equal for equal references: what a worker answers when it has the data. */
export function datasetKey(reference: DatasetReference): string {
  const selection = (s: CountedSelection | null): unknown =>
    s === null ? null : s.kind === 'parts' ? [...s.parts] : s.count;
  return sha256(
    JSON.stringify([
      reference.parts.map((part) => [part.name, part.digest]),
      reference.seed,
      selection(reference.train),
      selection(reference.validation),
      selection(reference.test),
      ...(reference.stratify === true ? ['stratify'] : []),
    ]),
  ).slice(0, 16);
}
