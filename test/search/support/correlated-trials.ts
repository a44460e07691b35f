/**
 * Simulated validation bits of trials that are scored on the same images.
 *
 * The score of an image is the sum of a difficulty that all trials share, a part that changes slowly with
 * log λ, and independent noise per trial. The weights match 38 trials of `configs/coarse-to-fine.yaml` on
 * CIFAR-10: two trials whose λ differ by a factor of 1.5 disagreed on 7.6 % of the images, by a factor of
 * 3 on 10 %, and by eight decades on 16.5 %, all at about 45 % accuracy.
 */
import { log } from '../../../src/base/elementary.ts';

const shared = 0.85;
const slow = 0.125;
const own = 0.025;
/** Correlation length of the slow part, in ln λ. */
const reach = 1.5;

/** A fast stream of standard normals (mulberry32, Box-Muller): tests use 10^8 of them. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

export class ValidationSet {
  readonly #normal: () => number;
  readonly #difficulty: Float64Array;
  /** The slow part of each image at the λ so far, ascending in λ. */
  readonly #paths: { readonly at: number; readonly slow: Float64Array }[] = [];

  constructor(images: number, normal: () => number) {
    this.#normal = normal;
    this.#difficulty = Float64Array.from({ length: images }, normal);
  }

  /** Validation bits of a trial at λ with this true accuracy. */
  score(lambda: number, accuracy: number): Uint8Array {
    const path = this.#pathAt(log(lambda));
    const threshold = normalQuantile(1 - accuracy);
    const bits = new Uint8Array(Math.ceil(this.#difficulty.length / 8));
    for (const [image, difficulty] of this.#difficulty.entries()) {
      const score =
        Math.sqrt(shared) * difficulty +
        Math.sqrt(slow) * path[image]! +
        Math.sqrt(own) * this.#normal();
      if (score > threshold) bits[image >> 3]! |= 1 << (image & 7);
    }
    return bits;
  }

  /** An Ornstein-Uhlenbeck process, sampled at another place given its neighbours on both sides. */
  #pathAt(at: number): Float64Array {
    const index = this.#paths.findIndex((path) => path.at >= at);
    const right = index === -1 ? undefined : this.#paths[index];
    const left = index === -1 ? this.#paths.at(-1) : this.#paths[index - 1];
    if (right?.at === at) return right.slow;
    const a = left === undefined ? 0 : Math.exp(-(at - left.at) / reach);
    const b = right === undefined ? 0 : Math.exp(-(right.at - at) / reach);
    const between = 1 - (a * b) ** 2;
    const fromLeft = (a * (1 - b * b)) / between;
    const fromRight = (b * (1 - a * a)) / between;
    const deviation = Math.sqrt(((1 - a * a) * (1 - b * b)) / between);
    const drawn = this.#difficulty.map(
      (_, image) =>
        fromLeft * (left?.slow[image] ?? 0) +
        fromRight * (right?.slow[image] ?? 0) +
        deviation * this.#normal(),
    );
    this.#paths.splice(index === -1 ? this.#paths.length : index, 0, { at, slow: drawn });
    return drawn;
  }
}

/** Φ⁻¹ by bisection of a series: slow, and independent of the code under test. */
function normalQuantile(p: number): number {
  let low = -8;
  let high = 8;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}

/** Φ(z) = ½ + φ(z)·(z + z³/3 + z⁵/(3·5) + …). */
export function normalDistribution(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 3; Math.abs(term) > 1e-18 && n < 400; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
