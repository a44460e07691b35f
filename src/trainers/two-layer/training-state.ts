/**
 * Training state: a network after `step` updates, as one line of JSON (step, seconds, curve), then W1, b1,
 * W2, b2 as little-endian float32 in canonical order.
 *
 * Record order, dropout and learning rate are functions of the step, so training that continues from a
 * state gives the result of uninterrupted training to the last bit.
 */
import type { MemberStatus } from '../trainer.ts';
import { concatenate, toBytes } from './bytes.ts';
import {
  parameterNames,
  zeroParameters,
  type NetworkParameters,
  type NetworkShape,
} from './model.ts';

export interface NetworkState extends Pick<MemberStatus, 'step' | 'seconds' | 'curve'> {
  readonly parameters: NetworkParameters;
}

export function encodeState({ step, seconds, curve, parameters }: NetworkState): Uint8Array {
  const head = new TextEncoder().encode(`${JSON.stringify({ step, seconds, curve })}\n`);
  return concatenate([head, ...parameterNames.map((name) => toBytes(parameters[name]))]);
}

/** The inverse of `encodeState`; null if the parameters are of another shape. */
export function decodeState(state: Uint8Array, shape: NetworkShape): NetworkState | null {
  const headEnd = state.indexOf(10);
  const parameters = zeroParameters(shape);
  let offset = headEnd + 1;
  for (const name of parameterNames) {
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
