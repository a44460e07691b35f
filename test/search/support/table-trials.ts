/**
 * Table trials: trials of searches that are replayed from the search tables in milliseconds (`search-tables.ts`).
 *
 * A table has a training at each node of a grid of hyperparameters: whether the network was right on each
 * image, at the end of each learning-rate cycle. Between two nodes, a trial is right on an image where one of
 * them is, drawn by the distance. So the mean of a trial is the interpolation, and two trials are as much
 * alike as trainings are.
 *
 *     main  λ (64 nodes) × 3 seeds × 4 cycles, 35,000 images that were not trained on
 *     cube  λ (8) × largest rate (6) × hidden units (3), 1 seed × 2 cycles, 15,000 images
 */
import { join } from 'node:path';
import { sha256 } from '../../../src/base/digest.ts';
import { RandomStream } from '../../../src/base/philox.ts';
import { paramsText, type Params } from '../../../src/study/search-space.ts';
import { readArrays, unpackedBits } from './search-tables.ts';

export interface SearchTable {
  readonly name: 'main' | 'cube';
  readonly axes: readonly Axis[];
  readonly seeds: number;
  /** Steps at the end of each cycle. */
  readonly rungs: readonly number[];
  readonly images: number;
  /** 1 where the training is right, by image; by seed, cycle and node, the last axis fastest. */
  readonly right: readonly (readonly (readonly Uint8Array[])[])[];
  /** Mean accuracy at the end, over all seeds and images, by node; of λ alone as a smooth curve. */
  readonly means: readonly number[];
}

interface Axis {
  readonly name: string;
  readonly nodes: readonly number[];
  /** Whether values between nodes are interpolated, in their logarithm. */
  readonly isNumber: boolean;
}

/** Validation images of a replication. */
const validationCount = { main: 10_000, cube: 5_000 } as const;

export function loadMainTable(folder: string, cycles: number): SearchTable {
  const content = readArrays(join(folder, 'main-bits.npz'));
  const lambdas = [...new Float64Array(content('lam').buffer)];
  const right = [1, 2, 3].map((seed) =>
    Array.from({ length: cycles }, (_, cycle) =>
      rows(content(`c${cycle + 1}_seed${seed}`), lambdas.length),
    ),
  );
  return {
    name: 'main',
    axes: [{ name: 'lambda', nodes: lambdas, isNumber: true }],
    seeds: 3,
    rungs: right[0]!.map((_, cycle) => 1_000 * (cycle + 1)),
    images: right[0]![0]![0]!.length,
    right,
    means: smoothed(nodeMeans(right)),
  };
}

export function loadCubeTable(folder: string): SearchTable {
  const content = readArrays(join(folder, 'cube-bits.npz'));
  const hidden = [20, 50, 100];
  const lambdas = spacedNodes(1e-6, 1e-1, 8);
  const rates = spacedNodes(0.01, 0.5, 6);
  const cycles = [0, 1].map((cycle) =>
    hidden.flatMap((units) => {
      const byRate = rates.map((rate) => {
        const both = rows(content(`cube-h${units}-lr${rate.toFixed(4)}`), 2 * lambdas.length);
        return both.slice(cycle * lambdas.length, (cycle + 1) * lambdas.length);
      });
      return lambdas.flatMap((_, node) => byRate.map((nodes) => nodes[node]!));
    }),
  );
  return {
    name: 'cube',
    axes: [
      { name: 'hidden', nodes: hidden, isNumber: false },
      { name: 'lambda', nodes: lambdas, isNumber: true },
      { name: 'learning_rate.max', nodes: rates, isNumber: true },
    ],
    seeds: 1,
    rungs: [1_000, 2_000],
    images: cycles[0]![0]!.length,
    right: [cycles],
    means: nodeMeans([cycles]),
  };
}

function spacedNodes(min: number, max: number, count: number): number[] {
  const step = Math.log(max / min) / (count - 1);
  return Array.from({ length: count }, (_, node) => min * Math.exp(step * node));
}

/** Nodes around a point, with the share of each. */
function corners(table: SearchTable, params: Params): readonly (readonly [number, number])[] {
  let found: (readonly [number, number])[] = [[0, 1]];
  for (const { name, nodes, isNumber } of table.axes) {
    const value = Number(params[name]);
    const sides = isNumber ? around(nodes, value) : [[nodes.indexOf(value), 1] as const];
    found = found.flatMap(([node, share]) =>
      sides.map(([at, part]) => [node * nodes.length + at, share * part] as const),
    );
  }
  return found.filter(([, share]) => share > 0);
}

function around(nodes: readonly number[], value: number): readonly (readonly [number, number])[] {
  const last = nodes.length - 1;
  const after = Math.min(
    last,
    Math.max(
      1,
      nodes.findIndex((node) => node >= value),
    ),
  );
  const low = nodes[after - 1]!;
  const share = Math.log(value / low) / Math.log(nodes[after]! / low);
  const inside = Math.min(1, Math.max(0, share));
  return [
    [after - 1, 1 - inside],
    [after, inside],
  ];
}

function nodeMeans(right: SearchTable['right']): number[] {
  const last = right.map((cycles) => cycles.at(-1)!);
  return last[0]!.map((_, node) => {
    const shares = last.map((nodes) => share(nodes[node]!));
    return shares.reduce((sum, one) => sum + one, 0) / shares.length;
  });
}

/** Means over neighbouring λ: at one λ, the noise of three trainings is as large as the regrets. */
function smoothed(means: readonly number[]): number[] {
  return means.map((mean, node) => {
    const [low, high] = [means[node - 1] ?? mean, means[node + 1] ?? mean];
    return (low + 2 * mean + high) / 4;
  });
}

function share(right: Uint8Array): number {
  let sum = 0;
  for (const one of right) sum += one;
  return sum / right.length;
}

/** A trial as it would have been trained. */
export interface ReplayedTrial {
  /** By cycle: bits of the validation images, as trainers return them. */
  readonly bits: readonly Uint8Array[];
  /** By cycle: validation accuracy. */
  readonly accuracies: readonly number[];
}

/** One repetition of all searches: a seed of the table, and a draw of the validation images. */
export class Replication {
  readonly table: SearchTable;
  readonly number: number;
  readonly validationCount: number;
  readonly #order: Uint32Array;
  readonly #seed: number;

  constructor(table: SearchTable, number: number) {
    this.table = table;
    this.number = number;
    this.validationCount = validationCount[table.name];
    this.#seed = number % table.seeds;
    this.#order = new RandomStream(number, 'split').permutation(table.images);
  }

  train(params: Params): ReplayedTrial {
    const { table, validationCount: count } = this;
    const found = corners(table, params);
    const picked = this.#pickNodes(params, found, 0, count);
    const cycles = table.right[this.#seed]!.map((nodes) => {
      const sides = found.map(([node]) => nodes[node]!);
      const bits = new Uint8Array(Math.ceil(count / 8));
      let total = 0;
      for (let place = 0; place < count; place++) {
        const isRight = sides[picked[place]!]![this.#order[place]!]!;
        bits[place >> 3]! |= isRight << (place & 7);
        total += isRight;
      }
      return { bits, accuracy: total / count };
    });
    return {
      bits: cycles.map(({ bits }) => bits),
      accuracies: cycles.map(({ accuracy }) => accuracy),
    };
  }

  /** Accuracy on the images that are not in the validation set, at the end of the last cycle. */
  testAccuracy(params: Params): number {
    const { table, validationCount: first } = this;
    const found = corners(table, params);
    const picked = this.#pickNodes(params, found, first, table.images);
    const sides = found.map(([node]) => table.right[this.#seed]!.at(-1)![node]!);
    let total = 0;
    for (const [index, side] of picked.entries())
      total += sides[side]![this.#order[first + index]!]!;
    return total / picked.length;
  }

  /** How far these values are below the best node, in accuracy points, by the mean of all trainings. */
  regret(params: Params): number {
    const mean = corners(this.table, params).reduce(
      (sum, [node, part]) => sum + part * this.table.means[node]!,
      0,
    );
    return 100 * (Math.max(...this.table.means) - mean);
  }

  /** For each of these images, which of the nodes around a trial decides. */
  #pickNodes(
    params: Params,
    found: readonly (readonly [number, number])[],
    from: number,
    to: number,
  ): Uint8Array {
    const picked = new Uint8Array(to - from);
    if (found.length === 1) return picked;
    const place = Number.parseInt(sha256(paramsText(params)).slice(0, 8), 16);
    const random = new RandomStream(this.number, 'flips', place);
    for (let at = from; at < to; at++) {
      let rest = random.uint32At(at) / 2 ** 32;
      let side = 0;
      while (side < found.length - 1 && rest >= found[side]![1]) rest -= found[side++]![1];
      picked[at - from] = side;
    }
    return picked;
  }
}

/** One byte per image, row by row. */
function rows(bytes: Uint8Array, count: number): Uint8Array[] {
  const length = bytes.length / count;
  return Array.from({ length: count }, (_, row) =>
    unpackedBits(bytes.subarray(row * length, (row + 1) * length)),
  );
}
