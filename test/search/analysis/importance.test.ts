/** Importance of hyperparameters, next to Optuna 5.0 and to functions whose shares are known. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  pairMap,
  parameterImportance,
  type ImportanceSource,
} from '../../../src/search/analysis/importance.ts';
import { parameterScale } from '../../../src/search/analysis/parameter-scale.ts';
import { tablesFolder } from '../support/search-tables.ts';
import type { Params, SearchSpace } from '../../../src/study/search-space.ts';

const cube = join(tablesFolder, 'cube.csv');

/**
 * Made with numpy and Optuna 5.0.0: `optuna` has the means of ten seeds of `FanovaImportanceEvaluator`,
 * `exact` the first-order shares of the function by hand. A point is its parameters and its value.
 */
interface Golden {
  readonly name: string;
  readonly space: SearchSpace;
  readonly points: readonly (readonly (number | string)[])[];
  readonly optuna: Readonly<Record<string, number>>;
  readonly exact: Readonly<Record<string, number>>;
}

const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL('golden/importance.json', import.meta.url), 'utf8'),
);

type Point = ImportanceSource['points'][number];

function toSource(space: SearchSpace, points: readonly Point[]): ImportanceSource {
  const parameters = Object.keys(space).map((name) => ({
    name,
    scale: parameterScale(name, [space], points),
  }));
  return { parameters, points, direction: 'maximize', isShare: true, seed: 1 };
}

function goldenSource({ space, points }: Golden): ImportanceSource {
  const names = Object.keys(space);
  return toSource(
    space,
    points.map((point) => ({
      params: Object.fromEntries(names.map((name, index) => [name, point[index]!])),
      // Small enough that no value is below the floor: Optuna has none.
      value: Number(point.at(-1)) / 200,
    })),
  );
}

function shares(source: ImportanceSource, kind: 'alone' | 'total'): Record<string, number> {
  const found = parameterImportance(source);
  expect(found).not.toBeNull();
  return Object.fromEntries(found!.parameters.map((one) => [one.name, one[kind].share]));
}

describe('the shares of parameters alone', () => {
  it.each(golden.map((example) => [example.name, example] as const))(
    'agree with Optuna for %s',
    (_name, example) => {
      const alone = shares(goldenSource(example), 'alone');
      for (const [name, share] of Object.entries(example.optuna))
        expect(Math.abs(alone[name]! - share), name).toBeLessThan(0.1);
    },
  );

  it('are near the exact ones of a sum', () => {
    const [sum] = golden;
    const alone = shares(goldenSource(sum!), 'alone');
    for (const [name, share] of Object.entries(sum!.exact))
      expect(Math.abs(alone[name]! - share), name).toBeLessThan(0.1);
  });
});

test.skipIf(!existsSync(cube))('the shares of a table of real trainings agree with Optuna', () => {
  const rows = readFileSync(cube, 'utf8').trim().split('\n').slice(1);
  const points = rows.flatMap((row): Point[] => {
    const [hidden, rate, lambda, cycle, , accuracy, , diverged] = row.split(',').map(Number);
    if (cycle !== 2) return [];
    const params = { hidden: hidden!, rate: rate!, lambda: lambda! };
    return [{ params, value: diverged === 1 ? null : accuracy! }];
  });
  const space: SearchSpace = {
    hidden: { distribution: 'values', values: [20, 50, 100] },
    rate: { distribution: 'log_uniform', min: 0.01, max: 0.5 },
    lambda: { distribution: 'log_uniform', min: 1e-6, max: 0.1 },
  };
  // Means of ten seeds of Optuna 5.0.0, of values that are at least the best minus 5 points.
  const optuna = { hidden: 0.3516, rate: 0.2395, lambda: 0.101 };
  const alone = shares(toSource(space, points), 'alone');
  for (const [name, share] of Object.entries(optuna))
    expect(Math.abs(alone[name]! - share), name).toBeLessThan(0.05);
});

test('the total shares of a product contain the interplay, and its parameters are the strongest pair', () => {
  const source = goldenSource(golden[1]!);
  const found = parameterImportance(source)!;
  const total = shares(source, 'total');
  expect(Math.min(total['a']!, total['b']!)).toBeGreaterThan(0.6);
  expect(total['c']!).toBeLessThan(0.25);
  expect(found.pair.names).toStrictEqual(['a', 'b']);
  expect(found.pair.interplay.share).toBeGreaterThan(0.4);
});

const unit: SearchSpace = {
  x: { distribution: 'uniform', min: 0, max: 1 },
  y: { distribution: 'log_uniform', min: 1e-6, max: 1 },
};

/** Points that fill the square evenly. */
function spread(count: number, value: (x: number, y: number) => number | null): Point[] {
  return Array.from({ length: count }, (_, index) => {
    const [x, y] = [(0.618034 * index) % 1, (0.754878 * index) % 1];
    return { params: { x, y: 10 ** (6 * y - 6) }, value: value(x, y) };
  });
}

test('the importance is unknown for fewer than 20 configurations, one parameter, or equal values', () => {
  const value = (x: number): number => 0.4 + 0.01 * x;
  expect(parameterImportance(toSource(unit, spread(19, value)))).toBeNull();
  expect(parameterImportance(toSource(unit, spread(20, value)))).not.toBeNull();
  expect(parameterImportance(toSource({ x: unit['x']! }, spread(40, value)))).toBeNull();
  expect(
    parameterImportance(
      toSource(
        unit,
        spread(40, () => 0.4),
      ),
    ),
  ).toBeNull();
  expect(
    parameterImportance(
      toSource(
        unit,
        spread(40, () => null),
      ),
    ),
  ).toBeNull();
});

test('an interval contains its share, and more configurations narrow it', () => {
  const value = (x: number, y: number): number => 0.4 + 0.02 * x + 0.01 * Math.sin(6 * y);
  const widths = [25, 200].map((count) => {
    const found = parameterImportance(toSource(unit, spread(count, value)))!;
    for (const { total, alone } of found.parameters)
      for (const { share, low, high } of [total, alone]) {
        expect(low).toBeLessThanOrEqual(share);
        expect(share).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }
    return found.parameters[0]!.total.high - found.parameters[0]!.total.low;
  });
  expect(widths[1]).toBeLessThan(widths[0]!);
});

test('a parameter that makes trials diverge does not hide the one that matters near the best', () => {
  // Two thirds of y diverge; elsewhere only x matters.
  const value = (x: number, y: number): number | null => (y > 0.9 ? null : 0.45 + 0.045 * x);
  const found = parameterImportance(toSource(unit, spread(100, value)))!;
  expect(found.floored).toBeGreaterThan(5);
  expect(found.floor).toBeCloseTo(0.495 - 0.05, 3);
  expect(found.parameters.map(({ name }) => name)).toStrictEqual(['x', 'y']);
});

test('a loss has its floor at the worst quarter of the values', () => {
  const points = spread(40, (x) => (x > 0.9 ? 1e6 : x));
  const found = parameterImportance({
    ...toSource(unit, points),
    direction: 'minimize',
    isShare: false,
  })!;
  expect(found.floor).toBeLessThan(1);
  expect(found.floored).toBe(10);
  expect(found.parameters[0]!.name).toBe('x');
});

test('an inactive parameter has no effect in trials in which it is inactive', () => {
  const space: SearchSpace = {
    kind: { distribution: 'values', values: ['small', 'large'] },
    x: { ...unit['x']!, where: { kind: ['large'] } },
  };
  const points = spread(80, () => null).map(({ params }, index): Point => {
    const isLarge = index % 2 === 1;
    const x = Number(params['x']);
    const own: Params = isLarge ? { kind: 'large', x } : { kind: 'small' };
    return { params: own, value: isLarge ? 0.4 + 0.02 * x : 0.4 };
  });
  const total = shares(toSource(space, points), 'total');
  // By hand: of 5/48, the kind alone explains 3/48, x alone 1/48, and their interplay 1/48.
  expect(Math.abs(total['kind']! - 4 / 5)).toBeLessThan(0.1);
  expect(Math.abs(total['x']! - 2 / 5)).toBeLessThan(0.1);
});

test('the importance of the same trials is the same each time', () => {
  const points = spread(30, (x, y) => 0.4 + 0.02 * x * y);
  const source = toSource(unit, points);
  expect(parameterImportance(source)).toStrictEqual(parameterImportance(source));
});

test('the map of a pair follows the function, with the second parameter by row', () => {
  const points = spread(200, (x, y) => (x > 0.5 ? 0.44 : 0.4) + (y > 0.5 ? 0.005 : 0));
  const { values } = pairMap(toSource(unit, points), ['x', 'y'], [4, 2])!;
  expect(values).toHaveLength(2);
  expect(values[0]).toHaveLength(4);
  expect(values[0]![3]! - values[0]![0]!).toBeCloseTo(0.04, 2);
  expect(values[1]![0]! - values[0]![0]!).toBeCloseTo(0.005, 2);
});
