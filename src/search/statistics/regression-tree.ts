/**
 * Regression tree: a piecewise constant function on the unit cube, grown from points by the splits that reduce
 * the squared error most (Breiman et al. 1984).
 *
 * Its leaves are boxes, so that integrals over some of the dimensions are exact sums
 * (`variance-decomposition.ts`).
 */
import { assert } from '../../base/assert.ts';

/** One dimension of the cube. `cells`: it has that many discrete values, in equal cells; null: continuous. */
export interface Dimension {
  readonly cells: number | null;
}

/** Points in columns: `columns[d][i]` is coordinate d of point i, in [0, 1]. */
export interface Points {
  readonly columns: readonly Float64Array[];
  readonly values: Float64Array;
}

/** A box of the cube with the mean of its points. */
export interface Leaf {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly value: number;
}

interface Split {
  readonly dimension: number;
  readonly threshold: number;
}

/** Relative size of rounding errors. */
const rounding = 1e-12;

interface Node {
  readonly members: Int32Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * @param members indices of points; one that occurs twice counts twice
 * @param order   the dimensions in the order in which they are tried: the first of equal splits wins
 * @param leafMin the fewest points of a leaf
 */
export function growTree(
  dimensions: readonly Dimension[],
  points: Points,
  members: Int32Array,
  { order, leafMin }: { readonly order: Iterable<number>; readonly leafMin: number },
): Leaf[] {
  const size = dimensions.length;
  const leaves: Leaf[] = [];
  const open: Node[] = [
    { members, low: new Float64Array(size), high: new Float64Array(size).fill(1) },
  ];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const split = bestSplit(dimensions, points, node.members, order, leafMin);
    if (split === null) leaves.push({ ...node, value: meanOf(points.values, node.members) });
    else open.push(...halves(points, node, split));
  }
  return leaves;
}

function meanOf(values: Float64Array, members: Int32Array): number {
  let sum = 0;
  for (const member of members) sum += values[member] ?? 0;
  return sum / members.length;
}

function halves({ columns }: Points, node: Node, { dimension, threshold }: Split): Node[] {
  const column = columns[dimension];
  assert(column, 'a split is in a dimension of the points');
  const [below, above] = [node.high.slice(), node.low.slice()];
  below[dimension] = threshold;
  above[dimension] = threshold;
  return [
    { ...node, high: below, members: node.members.filter((one) => (column[one] ?? 0) < threshold) },
    { ...node, low: above, members: node.members.filter((one) => (column[one] ?? 0) >= threshold) },
  ];
}

/** Null if no split separates the points or reduces the error. */
function bestSplit(
  dimensions: readonly Dimension[],
  { columns, values }: Points,
  members: Int32Array,
  order: Iterable<number>,
  leafMin: number,
): Split | null {
  const count = members.length;
  if (count < 2 * leafMin) return null;
  const value = (member: number | undefined): number => values[member ?? -1] ?? 0;
  const [sum, squares] = members.reduce(
    ([total, square], member) => [total + value(member), square + value(member) ** 2] as const,
    [0, 0] as readonly [number, number],
  );
  let best: Split | null = null;
  // Differences of the size of a rounding error are none.
  let least = rounding * squares;
  for (const dimension of order) {
    const [column, kind] = [columns[dimension], dimensions[dimension]];
    if (column === undefined || kind === undefined) continue;
    const place = (member: number | undefined): number => column[member ?? -1] ?? 0;
    const sorted = members.toSorted((a, b) => place(a) - place(b) || a - b);
    let left = 0;
    for (let at = 1; at < count; at++) {
      left += value(sorted[at - 1]);
      const [before, after] = [place(sorted[at - 1]), place(sorted[at])];
      if (before === after || at < leafMin || count - at < leafMin) continue;
      const right = sum - left;
      const gain = (left * left) / at + (right * right) / (count - at) - (sum * sum) / count;
      if (gain <= (best === null ? least : least * (1 + rounding))) continue;
      least = gain;
      best = { dimension, threshold: between(before, after, kind) };
    }
  }
  return best;
}

/** The middle, or the boundary of cells that is nearest to it. */
function between(before: number, after: number, { cells }: Dimension): number {
  const middle = before + (after - before) / 2;
  if (cells !== null) return Math.round(middle * cells) / cells;
  // Neighbouring floats have no number between them.
  return middle > before ? middle : after;
}
