/**
 * Sweep benchmark (`npm run bench:sweep`): the wall time of a whole study, from the command line to the
 * printed results, and what it is spent on.
 *
 *     npm run -s bench:sweep -- --data-dir DIR [--study FILE] [--options='--workers 2'] [--peer 'COMMAND'] [--rounds 3]
 *
 * Each round runs `ridgeline run STUDY --format json` with an empty state directory, then the peer: any
 * shell command that does the same search in another way. The parts come from the times in the store:
 * when packs were assigned and ended, and the training seconds of each trial. `--cold` also empties the
 * cache directory before each round, as for the first sweep on a machine.
 *
 * On a shared machine only the ratios of one call are meaningful.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadStudy } from '../src/config/load-study.ts';
import { openStoreReader } from '../src/store/sqlite/open-store.ts';
import type { AttemptRecord } from '../src/study/trial.ts';
import { describeTrainer } from '../src/trainers/registry.ts';
import { flagsOrEnd, wholeNumbers, wrongUsage } from './bench-flags.ts';

const usage =
  "npm run -s bench:sweep -- [--study configs/coarse-to-fine.yaml] [--data-dir DIR] [--options='--workers 2'] [--peer 'COMMAND'] [--rounds 3] [--cold]";
const flags = flagsOrEnd(usage, {
  study: { type: 'string', default: 'configs/coarse-to-fine.yaml' },
  'data-dir': { type: 'string' },
  options: { type: 'string', default: '' },
  peer: { type: 'string' },
  rounds: { type: 'string', default: '3' },
  cold: { type: 'boolean', default: false },
});
const rounds = wholeNumbers(usage, '--rounds', flags.rounds)[0] ?? 1;
const launcher = fileURLToPath(new URL('ridgeline.mjs', import.meta.url));

/** Parts of the wall time, in seconds; together they are the wall time. */
const parts = [
  ['start', 'until the first pack is assigned'],
  ['training', 'updates of the trials of the search, divided by the threads'],
  ['measuring', 'the rest of the time of their packs: measuring, opening, sending'],
  ['idle', 'threads without a pack, until the last pack of the search has ended'],
  ['test', 'training the winner again with the test set'],
  ['end', 'from the last result until the command has ended'],
] as const;
type Parts = Readonly<Record<(typeof parts)[number][0] | 'wall', number>>;

interface Timed {
  readonly startMs: number;
  readonly endMs: number;
}

async function runCommand(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Timed> {
  const startMs = Date.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code]: unknown[] = await once(child, 'close');
  const endMs = Date.now();
  if (code !== 0) wrongUsage(usage, `${[command, ...args].join(' ')}: exit code ${String(code)}`);
  return { startMs, endMs };
}

async function runSweep(study: string): Promise<Parts> {
  const folder = mkdtempSync(join(tmpdir(), 'ridgeline-bench-'));
  try {
    const state = join(folder, 'state');
    const data = flags['data-dir'] === undefined ? [] : ['--data-dir', flags['data-dir']];
    const options = flags.options.split(' ').filter((option) => option !== '');
    const args = ['run', flags.study, '--state', state, '--format', 'json', '--quiet'];
    const { NODE_COMPILE_CACHE: _compiled, ...env } = process.env;
    const timed = await runCommand(
      process.execPath,
      [launcher, ...args, ...data, ...options],
      flags.cold ? { ...env, XDG_CACHE_HOME: join(folder, 'cache') } : env,
    );
    await using reader = await openStoreReader(state);
    const trials = await reader.trials(study);
    const trainedMs = trials.reduce((sum, { result }) => sum + 1_000 * (result?.seconds ?? 0), 0);
    return toParts(timed, packsOf(await reader.attempts(study)), trainedMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Pack extends Timed {
  readonly isTest: boolean;
}

function packsOf(attempts: readonly AttemptRecord[]): Pack[] {
  const byPack = Map.groupBy(attempts, ({ pack }) => pack);
  return [...byPack.values()].map((members) => ({
    isTest: members[0]?.kind === 'test',
    startMs: Math.min(...members.map(({ assignedAtMs }) => assignedAtMs)),
    endMs: Math.max(...members.map(({ endedAtMs }) => endedAtMs ?? 0)),
  }));
}

function toParts({ startMs, endMs }: Timed, packs: readonly Pack[], trainedMs: number): Parts {
  const search = packs.filter(({ isTest }) => !isTest);
  const firstMs = Math.min(...search.map((pack) => pack.startMs));
  const searchEndMs = Math.max(...search.map((pack) => pack.endMs));
  const lastMs = Math.max(...packs.map((pack) => pack.endMs));
  const threads = Math.max(
    ...search.map(
      ({ startMs: at }) => search.filter((p) => p.startMs <= at && p.endMs > at).length,
    ),
  );
  const packMs = search.reduce((sum, pack) => sum + pack.endMs - pack.startMs, 0);
  return {
    start: (firstMs - startMs) / 1_000,
    training: trainedMs / threads / 1_000,
    measuring: (packMs - trainedMs) / threads / 1_000,
    idle: (searchEndMs - firstMs - packMs / threads) / 1_000,
    test: (lastMs - searchEndMs) / 1_000,
    end: (endMs - lastMs) / 1_000,
    wall: (endMs - startMs) / 1_000,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

const printRow = (cells: readonly (string | number)[]): void => {
  const texts = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell));
  process.stdout.write(`${texts.map((text) => text.padStart(10)).join('')}\n`);
};

const { study } = await loadStudy(flags.study, describeTrainer, async () => false);
const columns = [...parts.map(([name]) => name), 'wall'] as const;
const peerColumns = flags.peer === undefined ? [] : ['peer', 'ratio'];
for (const [name, what] of parts) process.stdout.write(`${name.padEnd(10)}${what}\n`);
process.stdout.write('in seconds; "ratio" is peer / wall\n\n');
printRow(['round', ...columns, ...peerColumns]);
const rows: number[][] = [];
for (let round = 1; round <= rounds; round++) {
  const sweep = await runSweep(study);
  const row = columns.map((name) => sweep[name]);
  if (flags.peer !== undefined) {
    const { startMs, endMs } = await runCommand('sh', ['-c', flags.peer]);
    const peer = (endMs - startMs) / 1_000;
    row.push(peer, peer / sweep.wall);
  }
  rows.push(row);
  printRow([String(round), ...row]);
}
const medians = (rows[0] ?? []).map((_, column) => median(rows.map((row) => row[column] ?? NaN)));
printRow(['median', ...medians]);
