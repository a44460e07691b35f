/**
 * Variance decomposition: how much of a regression tree's variance over the unit cube each dimension explains,
 * alone, in pairs and in total (functional ANOVA).
 *
 * With values v whose mean over the cube is 0, the variance of the tree's mean over all dimensions except a
 * set U is Σ v_l v_m Π_{d in U} |l_d ∩ m_d| Π_{d not in U} |l_d| |m_d| over all pairs of leaves l and m. So
 * the sums are exact; nothing is sampled. Source: Hutter, Hoos and Leyton-Brown 2014, "An efficient approach
 * for assessing hyperparameter importance" (ICML), section 4.
 */
import type { Leaf } from './regression-tree.ts';

export interface VarianceDecomposition {
  readonly variance: number;
  /** By dimension: variance of the mean over all other dimensions. */
  readonly first: Float64Array;
  /** By dimension: variance that disappears if the dimension is averaged out. */
  readonly total: Float64Array;
  /** `pairs[u · size + v]` for u < v: variance that two dimensions explain together and neither explains alone. */
  readonly pairs: Float64Array;
}

export function decomposeVariance(leaves: readonly Leaf[], size: number): VarianceDecomposition {
  const centred = centredLeaves(leaves);
  const sums: Sums = {
    first: new Float64Array(size),
    pairs: new Float64Array(size * size),
    rest: new Float64Array(size),
  };
  let variance = 0;
  for (const [index, leaf] of centred.entries()) {
    variance += leaf.value * leaf.value * leaf.volume;
    for (let at = 0; at < index; at++) addPair(sums, leaf, centred[at] ?? leaf, 2);
    addPair(sums, leaf, leaf, 1);
  }
  const positive = (value: number): number => Math.max(0, value);
  const alone = (d: number): number => sums.first[d] ?? 0;
  return {
    variance,
    first: sums.first.map(positive),
    total: sums.rest.map((rest) => positive(variance - rest)),
    pairs: sums.pairs.map((both, at) => {
      const [u, v] = [Math.floor(at / size), at % size];
      return u < v ? positive(both - alone(u) - alone(v)) : 0;
    }),
  };
}

/** Sums over pairs of leaves; `rest` averages one dimension alone. */
interface Sums {
  readonly first: Float64Array;
  readonly pairs: Float64Array;
  readonly rest: Float64Array;
}

interface CentredLeaf extends Leaf {
  readonly widths: Float64Array;
  readonly volume: number;
}

function centredLeaves(leaves: readonly Leaf[]): CentredLeaf[] {
  const sized = leaves.map((leaf) => {
    const widths = leaf.high.map((high, d) => high - (leaf.low[d] ?? 0));
    return { ...leaf, widths, volume: widths.reduce((product, width) => product * width, 1) };
  });
  const mean = sized.reduce((sum, { value, volume }) => sum + value * volume, 0);
  return sized.map((leaf) => ({ ...leaf, value: leaf.value - mean }));
}

/** Adds a pair of leaves, `weight` times. */
function addPair(
  { first, pairs, rest }: Sums,
  a: CentredLeaf,
  b: CentredLeaf,
  weight: number,
): void {
  const size = first.length;
  const product = weight * a.value * b.value;
  const apart = product * a.volume * b.volume;
  /** By dimension: the common part, relative to what two independent places would share. */
  const ratios = new Float64Array(size);
  const squares = a.widths.map((width, d) => width * (b.widths[d] ?? 0));
  let overlap = product;
  let disjoint = 0;
  for (let d = 0; d < size; d++) {
    const end = Math.min(a.high[d] ?? 0, b.high[d] ?? 0);
    const common = Math.max(0, end - Math.max(a.low[d] ?? 0, b.low[d] ?? 0));
    ratios[d] = common / (squares[d] ?? 1);
    if (common === 0) disjoint += 1;
    else overlap *= common;
  }
  for (let u = 0; u < size; u++) {
    const ratio = ratios[u] ?? 0;
    if (disjoint === 0) add(rest, u, overlap / ratio);
    else if (disjoint === 1 && ratio === 0) add(rest, u, overlap * (squares[u] ?? 0));
    if (ratio === 0) continue;
    add(first, u, apart * ratio);
    for (let v = u + 1; v < size; v++) add(pairs, u * size + v, apart * ratio * (ratios[v] ?? 0));
  }
}

function add(sums: Float64Array, index: number, value: number): void {
  sums[index] = (sums[index] ?? 0) + value;
}
