/**
 * Checkpoint: a training run on disk, with a trainer's state and the identity of the run.
 *
 *     ridgeline-checkpoint-2 SHA-256 of all that follows\n
 *     one line of JSON: identity, step\n
 *     the state, as the trainer wrote it
 *
 * A damaged checkpoint, or one of another run, is reported and not used.
 */
import { sha256 } from '../base/digest.ts';
import type { Params } from '../study/search-space.ts';
import type { TrainingState } from './train-trials.ts';

/** What a run trains: equal if and only if the final digests must be equal. */
export interface TrainingIdentity {
  /** Digest of the records (`study/spec/dataset-reference.ts`). */
  readonly dataset: string;
  /** The trainer's settings, in the shape of the file. */
  readonly trainer: object;
  readonly params: Params;
  readonly seed: number;
  readonly replicate: number;
}

export type ReadCheckpoint =
  | { readonly kind: 'state'; readonly state: TrainingState }
  /** The run differs in these fields of the identity: `lambda`, `trainer.hidden`, … */
  | { readonly kind: 'other'; readonly fields: readonly string[] }
  | { readonly kind: 'damaged'; readonly reason: string };

const magic = 'ridgeline-checkpoint-2';
const decoder = new TextDecoder();

/** @returns pieces of the file, in order */
export function encodeCheckpoint(
  identity: TrainingIdentity,
  { step, bytes }: TrainingState,
): Uint8Array[] {
  const body = [new TextEncoder().encode(`${JSON.stringify({ identity, step })}\n`), bytes];
  return [new TextEncoder().encode(`${magic} ${sha256(...body)}\n`), ...body];
}

export function decodeCheckpoint(bytes: Uint8Array, identity: TrainingIdentity): ReadCheckpoint {
  const firstEnd = bytes.indexOf(10);
  const [word, digest] = decoder.decode(bytes.subarray(0, Math.max(0, firstEnd))).split(' ');
  if (word !== magic) return { kind: 'damaged', reason: `it does not start with ${magic}` };
  if (sha256(bytes.subarray(firstEnd + 1)) !== digest) {
    return { kind: 'damaged', reason: 'its SHA-256 digest does not match its content' };
  }
  const headEnd = bytes.indexOf(10, firstEnd + 1);
  // The digest matches, so `encodeCheckpoint` wrote this.
  const head: { readonly identity: TrainingIdentity; readonly step: number } = JSON.parse(
    decoder.decode(bytes.subarray(firstEnd + 1, headEnd)),
  );
  const fields = differingFields(head.identity, identity);
  if (fields.length > 0) return { kind: 'other', fields };
  return { kind: 'state', state: { step: head.step, bytes: bytes.slice(headEnd + 1) } };
}

function differingFields(stored: TrainingIdentity, given: TrainingIdentity): string[] {
  const [left, right] = [flatten(stored), flatten(given)];
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].filter((key) => left.get(key) !== right.get(key));
}

/** Values as JSON, by the key of the file. */
function flatten({ trainer, params, ...rest }: TrainingIdentity): Map<string, string> {
  const fields: Record<string, unknown> = { ...rest, ...params };
  for (const [key, value] of Object.entries(trainer)) fields[`trainer.${key}`] = value;
  return new Map(Object.entries(fields).map(([key, value]) => [key, JSON.stringify(value)]));
}
