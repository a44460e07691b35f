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

/** The content of each array of an archive, by name. */
export function readArrays(archive: string): (name: string) => Uint8Array {
  const arrays = unzipSync(readFileSync(archive));
  return (name) => {
    const bytes = arrays[`${name}.npy`];
    if (bytes === undefined) throw new Error(`${archive} has no array ${name}`);
    // Version 1.0: magic word, two bytes of version, two bytes of the header's length.
    return bytes.slice(10 + bytes[8]! + 256 * bytes[9]!);
  };
}

/** One byte per bit, the highest bit of each byte first. */
export function unpackedBits(bits: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: 8 * bits.length },
    (_, place) => (bits[place >> 3]! >> (7 - (place & 7))) & 1,
  );
}

export function readSearchTables(): SearchTables {
  const content = readArrays(file);
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
      return unpackedBits(bits.subarray(start, start + bytesPerRow));
    },
  };
}
