/** State messages: parts of a state that a worker uploads. */
import { key } from './messages.ts';
import {
  asBuffer,
  digest,
  malformed,
  name,
  record,
  safeInteger,
  type Codec,
  type ValueFrom,
} from './wire-codec.ts';

/** Most bytes in one part. */
export const statePartBytes = 256 * 1024;

const chunk: Codec<Uint8Array, Buffer> = {
  write: asBuffer,
  read: (bytes, field) =>
    bytes.length >= 1 && bytes.length <= statePartBytes
      ? bytes
      : malformed(`${field} has ${bytes.length} bytes, not 1 to ${statePartBytes}`),
};

export const statePart = record({
  session: name,
  pack: name,
  key,
  /** Of the whole content. */
  digest,
  /** Length of the whole content. */
  bytes: safeInteger(1),
  offset: safeInteger(),
  chunk,
});
export type StatePart = ValueFrom<typeof statePart>;
