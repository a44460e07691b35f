/** The repository checks its own walls: doors between rooms, purity, names, sizes, words. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Which rooms a room may import: one line for each row of the table in src/README.md. */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  study: ['base'],
  search: ['base', 'study'],
  trainers: ['base', 'study', 'search'],
  dataset: ['base', 'study'],
  config: ['base', 'study'],
  store: ['base', 'study'],
  rpc: ['base', 'study'],
  coordinator: ['base', 'study', 'search', 'store', 'rpc', 'dataset'],
  worker: ['base', 'study', 'trainers', 'dataset', 'rpc'],
  report: ['base', 'study', 'search', 'trainers'],
  web: ['base', 'study', 'search', 'store', 'report'],
  launch: ['base', 'study', 'rpc'],
  cli: [
    'base',
    'study',
    'search',
    'trainers',
    'dataset',
    'config',
    'store',
    'rpc',
    'coordinator',
    'worker',
    'report',
    'web',
    'launch',
  ],
};

/** Rooms that import nothing of Node, and packages that a pure room may use all the same. */
const pureRooms = ['search', 'trainers', 'report', 'study'];
/** The files of pure rooms that read the kernel from disk, for those that open one. */
const kernelFiles = ['kernel-file.ts', 'native-kernel-file.ts'].map(
  (name) => `src/trainers/two-layer/${name}`,
);
const purePackages = [
  'cli-table3',
  '@observablehq/plot',
  'linkedom',
  'hyparquet-writer',
  'fflate',
  'yaml',
];

const sources = globSync('src/**/*.ts').filter((path) => !path.includes('/assembly/'));
const importsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
    (match) => match[1]!,
  );

describe('the house', () => {
  test('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(importsOf('src/coordinator/core/dispatcher.ts')).toContain('../../base/assert.ts');
  });

  test('is entered through doors that exist', () => {
    const trespasses: string[] = [];
    for (const path of sources) {
      const room = path.split('/')[1]!;
      for (const target of importsOf(path)) {
        const other = /^(?:\.\.\/)+([a-z]+)\//.exec(target)?.[1];
        if (other === undefined || other === room || !(other in mayImport)) continue;
        if (!mayImport[room]?.includes(other)) trespasses.push(`${path} -> ${target}`);
      }
    }
    expect(trespasses).toEqual([]);
  });

  test('keeps generated code inside rpc, and Node out of the pure rooms', () => {
    const trespasses: string[] = [];
    for (const path of sources) {
      const room = path.split('/')[1]!;
      for (const target of importsOf(path)) {
        if (target.includes('generated/') && room !== 'rpc')
          trespasses.push(`${path} -> ${target}`);
        const isOutside = !target.startsWith('.') && !purePackages.includes(target);
        if (pureRooms.includes(room) && isOutside && !kernelFiles.includes(path))
          trespasses.push(`${path} -> ${target}`);
      }
    }
    expect(trespasses).toEqual([]);
  });

  test('has no drawer: no file called util, helpers, common, types, constants or index', () => {
    const drawers = sources.filter((path) =>
      /\/(utils?|helpers?|common|types|constants|index|manager)\.ts$/.test(path),
    );
    expect(drawers).toEqual([]);
  });

  test('keeps files under 300 lines', () => {
    const long = sources
      .filter((path) => !path.includes('/generated/'))
      .map((path) => `${readFileSync(path, 'utf8').split('\n').length} ${path}`)
      .filter((line) => Number.parseInt(line, 10) > 350);
    expect(long).toEqual([]);
  });

  test('opens every module with what it is', () => {
    const silent = sources
      .filter((path) => !path.includes('/generated/'))
      .filter((path) => !/^(?:import [^;]+;\s*)*\s*\/\*\*/.test(readFileSync(path, 'utf8')));
    expect(silent).toEqual([]);
  });
});

describe('what is published', () => {
  const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path));

  test('holds no download address in the lock file', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/"resolved": "http/);
  });

  test('leaves nothing unfinished behind', () => {
    // Spelled so that this file does not find itself.
    const marks = /\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b/;
    const unfinished = files
      .filter((path) => /^(src|scripts|test|proto)\/.*\.(ts|mjs|proto)$/.test(path))
      .filter((path) => marks.test(readFileSync(path, 'utf8')));
    expect(unfinished).toEqual([]);
  });
});
