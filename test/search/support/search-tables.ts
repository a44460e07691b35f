/**
 * Search tables: validation bits of real trainings by λ, seed and cycle, from which searches are simulated.
 *
 * `main-bits.npz` has `lam`, and for cycle c and seed s the array `c<c>_seed<s>`: one row of bits per λ, the
 * first image in the highest bit. Its folder is `RIDGELINE_SEARCH_TABLES`; tests that need it are skipped
 * without it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

export const tablesFolder = process.env['RIDGELINE_SEARCH_TABLES'] ?? '';
const file = join(tablesFolder, 'main-bits.npz');
export const hasTables = tablesFolder !== '' && existsSync(file);

export interface SearchTables {
  /** Ascending. */
  readonly lambdas: Float64Array;
  readonly images: number;
  /** One byte per image, 0 or 1. */
  answers(seed: number, cycle: number, row: number): Uint8Array;
}

export function readSearchTables(): SearchTables {
  const arrays = unzipSync(readFileSync(file));
  const content = (name: string): Uint8Array => {
    const bytes = arrays[`${name}.npy`];
    if (bytes === undefined) throw new Error(`${file} has no array ${name}`);
    // Version 1.0: magic word, two bytes of version, two bytes of the header's length.
    return bytes.slice(10 + bytes[8]! + 256 * bytes[9]!);
  };
  const lambdas = new Float64Array(content('lam').buffer);
  const cache = new Map<string, Uint8Array>();
  const bytesPerRow = content('c1_seed1').length / lambdas.length;
  return {
    lambdas,
    images: 8 * bytesPerRow,
    answers(seed, cycle, row) {
      const name = `c${cycle}_seed${seed}`;
      const bits = cache.get(name) ?? content(name);
      cache.set(name, bits);
      const start = row * bytesPerRow;
      return Uint8Array.from(
        { length: 8 * bytesPerRow },
        (_, image) => (bits[start + (image >> 3)]! >> (7 - (image & 7))) & 1,
      );
    },
  };
}
