/**
 * Training state: a network after `step` updates, as bytes.
 *
 *     one line of JSON: step, seconds, curve
 *     W1, b1, W2, b2 as little-endian float32, in canonical order
 *
 * Record order, dropout and learning rate are functions of the step, so training that continues from a
 * state gives the result of uninterrupted training to the last bit.
 */
import type { Measurement } from '../../study/trial.ts';
import { zeroParameters, type NetworkParameters, type NetworkShape } from './model.ts';

export interface NetworkState {
  /** Updates done. */
  readonly step: number;
  /** The member's share of the training time so far. */
  readonly seconds: number;
  /** Measurements so far, by step. */
  readonly curve: readonly Measurement[];
  readonly parameters: NetworkParameters;
}

const arrays = ['w1', 'b1', 'w2', 'b2'] as const;

export function encodeState({ step, seconds, curve, parameters }: NetworkState): Uint8Array {
  const head = new TextEncoder().encode(`${JSON.stringify({ step, seconds, curve })}\n`);
  const body = arrays.map((name) => toBytes(parameters[name]));
  const state = new Uint8Array(head.length + body.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const bytes of [head, ...body]) {
    state.set(bytes, offset);
    offset += bytes.length;
  }
  return state;
}

/** The inverse of `encodeState`; null if the parameters are of another shape. */
export function decodeState(state: Uint8Array, shape: NetworkShape): NetworkState | null {
  const headEnd = state.indexOf(10);
  const parameters = zeroParameters(shape);
  let offset = headEnd + 1;
  for (const name of arrays) {
    const target = toBytes(parameters[name]);
    if (offset + target.length > state.length) return null;
    target.set(state.subarray(offset, offset + target.length));
    offset += target.length;
  }
  if (offset !== state.length) return null;
  const head: Omit<NetworkState, 'parameters'> = JSON.parse(
    new TextDecoder().decode(state.subarray(0, headEnd)),
  );
  return { ...head, parameters };
}

function toBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
