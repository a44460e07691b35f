/** Digest: SHA-256 as text. */
import { createHash } from 'node:crypto';

/** SHA-256 of the pieces in order, as 64 lower-case hexadecimal digits. */
export function sha256(...pieces: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
