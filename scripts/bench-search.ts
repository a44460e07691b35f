/**
 * Search benchmark (`npm run bench:search`): how good the winner of a search is, against the steps that it
 * trains, next to Optuna.
 *
 *     npm run -s bench:search -- --tables DIR [--replications 100] [--cycles 2,4] [--python PATH]
 *
 * Searches are replayed on tables of measured trainings, so nothing is trained
 * (`test/search/support/table-trials.ts`). Ridgeline's planners decide as in a coordinator; Optuna runs in
 * `search-peers.py` with simulated workers, if PATH is a Python that has it.
 *
 * Regret: accuracy points of the winner below the best of the table, by the mean of all seeds and images.
 * Test: its accuracy on the images that were not drawn for validation. "difference" is the regret minus that
 * of the first search, in pairs: the same seed and images. Optuna has other draws, so no pairs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  replaySearch,
  type ReplayedSearch,
  type SearchSettings,
} from '../test/search/support/replayed-search.ts';
import {
  loadCubeTable,
  loadMainTable,
  Replication,
  type SearchTable,
} from '../test/search/support/table-trials.ts';
import { cubeSearches, mainSearches } from '../test/search/support/table-searches.ts';
import { flagsOrEnd, wholeNumbers, wrongUsage } from './bench-flags.ts';

const usage =
  'npm run -s bench:search -- --tables DIR [--replications 100] [--cycles 2,4] [--python python3]';
const flags = flagsOrEnd(usage, {
  tables: { type: 'string' },
  replications: { type: 'string', default: '100' },
  cycles: { type: 'string', default: '2,4' },
  python: { type: 'string', default: 'python3' },
});
const replications = wholeNumbers(usage, '--replications', flags.replications)[0] ?? 1;
const folder = flags.tables ?? wrongUsage(usage, '--tables is missing: the folder of the tables');
if (!existsSync(join(folder, 'main-bits.npz')))
  wrongUsage(usage, `${folder} has no main-bits.npz: it is not the folder of the tables`);
const peers = fileURLToPath(new URL('search-peers.py', import.meta.url));

/** Mean and its standard error. */
function summary(values: readonly number[], digits: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(square / Math.max(1, values.length - 1) / values.length);
  return `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

function meanSteps(runs: readonly ReplayedSearch[]): number {
  return runs.reduce((sum, { steps }) => sum + steps, 0) / runs.length;
}

function printRow(cells: readonly string[]): void {
  const [name = '', ...others] = cells;
  const line = name.padEnd(40) + others.map((text) => text.padStart(16)).join('');
  process.stdout.write(`${line.trimEnd()}\n`);
}

function printSearch(
  name: string,
  runs: readonly ReplayedSearch[],
  first: readonly ReplayedSearch[],
  isPaired: boolean,
): void {
  const differences = runs.map(({ regret }, index) => regret - (first[index]?.regret ?? NaN));
  printRow([
    name,
    meanSteps(runs).toFixed(0),
    (meanSteps(first) / meanSteps(runs)).toFixed(2),
    summary(
      runs.map(({ regret }) => regret),
      3,
    ),
    isPaired ? summary(differences, 3) : '',
    summary(
      runs.map(({ test }) => test),
      2,
    ),
  ]);
}

function benchTable(table: SearchTable, searches: Readonly<Record<string, SearchSettings>>): void {
  const cycles = table.rungs.length;
  process.stdout.write(`\n${table.name}, ${cycles} cycles, ${replications} replications\n`);
  printRow(['search', 'steps', 'fewer', 'regret', 'difference', 'test %']);
  const numbers = Array.from({ length: replications }, (_, number) => number);
  const paired = numbers.map((number) => new Replication(table, number));
  let first: readonly ReplayedSearch[] | null = null;
  for (const [name, settings] of Object.entries(searches)) {
    const runs = paired.map((replication) => replaySearch(replication, settings));
    first ??= runs;
    printSearch(name, runs, first, true);
  }
  for (const { search, runs } of peerSearches(table.name, cycles))
    printSearch(search, runs, first ?? [], false);
}

function peerSearches(
  table: string,
  cycles: number,
): { readonly search: string; readonly runs: readonly ReplayedSearch[] }[] {
  const options = ['--tables', folder, '--table', table, '--cycles', String(cycles)];
  const { status, stdout, stderr, error } = spawnSync(
    flags.python,
    [peers, ...options, '--replications', String(replications)],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (error !== undefined || status !== 0) {
    const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`;
    process.stdout.write(`Optuna is left out: ${reason}\n`);
    return [];
  }
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const { search, steps, regret, test }: PeerLine = JSON.parse(line);
      const runs = steps.map((count, index) => {
        return { steps: count, regret: regret[index] ?? NaN, test: test[index] ?? NaN };
      });
      return { search, runs };
    });
}

interface PeerLine {
  readonly search: string;
  readonly steps: readonly number[];
  readonly regret: readonly number[];
  readonly test: readonly number[];
}

for (const cycles of wholeNumbers(usage, '--cycles', flags.cycles))
  benchTable(loadMainTable(folder, cycles), mainSearches);
benchTable(loadCubeTable(folder), cubeSearches);
