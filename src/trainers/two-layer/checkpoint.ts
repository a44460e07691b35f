/**
 * A training run on disk: what `trainPack` needs to go on, and what it is a run of.
 *
 *     ridgeline-checkpoint-1 SHA256-OF-ALL-THAT-FOLLOWS\n
 *     one line of JSON\n
 *     W1, b1, W2, b2 as little-endian float32, in canonical order
 *
 * Bytes in, bytes out: whoever owns the file writes it atomically. What fails the digest, or belongs to
 * another run, is said so and never used: a network that went on from it would be nobody's result.
 */
import { sha256 } from '../../base/digest.ts';
import { zeroParameters, type NetworkParameters, type NetworkShape } from './model.ts';
import type { TrainingState } from './train-pack.ts';

/** One network's training, apart from how far it has come: equal exactly when the final digests must be. */
export interface TrainingIdentity {
  /** Which records, by their digests (`study/spec/dataset-reference.ts`). */
  readonly dataset: string;
  readonly shape: NetworkShape;
  /** The trainer's settings, as the recipe says them. */
  readonly trainer: object;
  readonly lambda: number;
  readonly seed: number;
  readonly replicate: number;
}

type Head = Omit<TrainingState, 'parameters'> & { readonly identity: TrainingIdentity };

export type ReadCheckpoint =
  | { readonly kind: 'state'; readonly state: TrainingState }
  /** Fields of the identity in which it differs. */
  | { readonly kind: 'other'; readonly fields: readonly string[] }
  | { readonly kind: 'damaged'; readonly reason: string };

const magic = 'ridgeline-checkpoint-1';
const arrays = ['w1', 'b1', 'w2', 'b2'] as const;

export function encodeCheckpoint(identity: TrainingIdentity, state: TrainingState): Uint8Array[] {
  const { step, seconds, curve, parameters } = state;
  const head = new TextEncoder().encode(`${JSON.stringify({ identity, step, seconds, curve })}\n`);
  const body = [head, ...arrays.map((name) => bytesOf(parameters[name]))];
  return [new TextEncoder().encode(`${magic} ${sha256(...body)}\n`), ...body];
}

export function decodeCheckpoint(bytes: Uint8Array, identity: TrainingIdentity): ReadCheckpoint {
  const damaged = (reason: string): ReadCheckpoint => ({ kind: 'damaged', reason });
  const first = lineEnd(bytes, 0);
  const [word, digest] = textOf(bytes, 0, first).split(' ');
  if (first === -1 || word !== magic) return damaged('it does not begin as a checkpoint does');
  if (sha256(bytes.subarray(first + 1)) !== digest) {
    return damaged('its bytes do not give the digest that stands in it');
  }
  const second = lineEnd(bytes, first + 1);
  // The digest is right, so this is what `encodeCheckpoint` wrote: no more distrust is needed.
  const head: Head = JSON.parse(textOf(bytes, first + 1, second));
  const fields = differingFields(head.identity, identity);
  if (fields.length > 0) return { kind: 'other', fields };
  const { step, seconds, curve } = head;
  const parameters = readParameters(bytes.subarray(second + 1), identity.shape);
  return parameters === null
    ? damaged('it holds another number of parameters than its network has')
    : { kind: 'state', state: { step, seconds, curve, parameters } };
}

function readParameters(bytes: Uint8Array, shape: NetworkShape): NetworkParameters | null {
  const parameters = zeroParameters(shape);
  let at = 0;
  for (const name of arrays) {
    const target = bytesOf(parameters[name]);
    if (at + target.length > bytes.length) return null;
    target.set(bytes.subarray(at, at + target.length));
    at += target.length;
  }
  return at === bytes.length ? parameters : null;
}

/** `lambda`, `trainer.hidden`, …: where two identities differ, in the words of the file. */
function differingFields(stored: TrainingIdentity, given: TrainingIdentity): string[] {
  const plain = (identity: TrainingIdentity): Map<string, string> => {
    const { trainer, ...rest } = identity;
    const named = Object.entries(trainer).map(([key, value]) => [`trainer.${key}`, value] as const);
    return new Map(
      [...Object.entries(rest), ...named].map(([key, value]) => [key, JSON.stringify(value)]),
    );
  };
  const left = plain(stored);
  const right = plain(given);
  const differing = [...new Set([...left.keys(), ...right.keys()])].filter(
    (key) => left.get(key) !== right.get(key),
  );
  // The shape follows from the data and trainer.hidden: it is named only where nothing else is.
  return differing.length > 1 ? differing.filter((key) => key !== 'shape') : differing;
}

function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function lineEnd(bytes: Uint8Array, from: number): number {
  return bytes.indexOf(10, from);
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return to === -1 ? '' : new TextDecoder().decode(bytes.subarray(from, to));
}
