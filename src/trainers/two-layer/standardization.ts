/**
 * Standardisation: scales each dimension by the training split, x = fma(u, scale, offset) for a byte u.
 *
 * Sums of bytes and of their squares are whole numbers, so the order of records has no influence. The
 * format's largest value drops out: (u/max − μ/max) / (σ/max) = (u − μ) / σ.
 */
import { inputsOf, type Split } from '../../study/images.ts';

export interface Standardization {
  /** (D) 1/σ in units of a byte, rounded to float32; 0 where σ = 0. */
  readonly scale: Float32Array;
  /** (D) −μ/σ, rounded to float32; 0 where σ = 0, so that such a dimension is 0 everywhere. */
  readonly offset: Float32Array;
  /** (D) the byte nearest to μ: pixels of the gap next to a shifted image. */
  readonly meanByte: Uint8Array;
}

/** The latest standardisations by the key of their split: the packs of a study are trained on one split. */
const known = new Map<string, Standardization>();
const knownMax = 4;

/** From the mean and the (population) standard deviation of each dimension over the split. */
export function standardize(split: Split): Standardization {
  const { key } = split;
  if (key === undefined) return computeStandardization(split);
  const standardization = known.get(key) ?? computeStandardization(split);
  known.delete(key);
  known.set(key, standardization);
  for (const oldest of known.keys()) if (known.size > knownMax) known.delete(oldest);
  return standardization;
}

function computeStandardization({ images, records }: Split): Standardization {
  const inputs = inputsOf(images);
  const { pixels } = images;
  const count = records.length;
  // Exact: a sum of squares reaches 2^53 with more than 10^11 records.
  const sums = new Float64Array(inputs);
  const squares = new Float64Array(inputs);
  for (let r = 0; r < count; r++) {
    const row = records[r]! * inputs; // seek to pixels[records[r], :]
    for (let k = 0; k < inputs; k++) {
      const u = pixels[row + k]!;
      sums[k]! += u;
      squares[k]! += u * u;
    }
  }
  const scale = new Float32Array(inputs);
  const offset = new Float32Array(inputs);
  const meanByte = new Uint8Array(inputs);
  for (let k = 0; k < inputs; k++) {
    const sum = sums[k]!;
    // N²σ² = N·Σu² − (Σu)² exceeds 2^53 from 372,000 records on: BigInt is exact, rounded once.
    const spread = Math.sqrt(Number(BigInt(count) * BigInt(squares[k]!) - BigInt(sum) ** 2n)); // N·σ
    meanByte[k] = Math.floor((2 * sum + count) / (2 * count));
    if (spread === 0) continue;
    scale[k] = count / spread;
    offset[k] = -sum / spread;
  }
  return { scale, offset, meanByte };
}
