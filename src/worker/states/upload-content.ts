/** Upload content: a state as it is uploaded: one line of JSON with its seconds, then its bytes. */
import type { KeptState } from './state-keys.ts';

export function encodeUpload({ bytes, seconds }: KeptState): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ seconds })}\n`), bytes]);
}

/** @returns null if it is no content of a state */
export function decodeUpload(content: Buffer): KeptState | null {
  const start = content.indexOf(10) + 1;
  try {
    const head: unknown = JSON.parse(content.subarray(0, start).toString());
    const seconds = typeof head === 'object' && head !== null && 'seconds' in head && head.seconds;
    if (typeof seconds !== 'number' || !(seconds >= 0)) return null;
    return { bytes: new Uint8Array(content.subarray(start)), seconds };
  } catch {
    return null;
  }
}
