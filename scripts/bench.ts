/**
 * Kernel benchmark (`npm run bench`): how fast the kernels train on this machine, and the peak of its cores.
 *
 *     npm run -s bench                                   everything, about a minute
 *     npm run -s bench -- --kernel native --hidden 50 --pack 1,8 --threads 1 --steps 200
 *
 * It measures steps of a 3072-H-10 network with batches of 100: gathering the batch from random records,
 * packing, both products, softmax, update. The table goes to stdout, progress to stderr. `--record` appends
 * the figures to `docs/benchmarks.jsonl`: one line of JSON with the date, the commit and the machine.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  alone,
  benchedKernels,
  measure,
  nativeWidths,
  noiseImages,
  stepFlop,
  type BenchedKernel,
  type Case,
  type Timing,
} from './bench-trainer.ts';
import { twoLayer } from '../src/trainers/two-layer/description.ts';
import { flagsOrEnd, wholeNumbers, wrongUsage } from './bench-flags.ts';
import type { ThreadWork } from './bench-thread.ts';

const nativeNames = nativeWidths().map((width) => `native-${width}`);
const defaultKernels = ['portable-plain', 'portable', ...nativeNames];
const usage =
  'npm run -s bench -- [--kernel portable-plain,portable,native,native-avx2] [--hidden 50,200,1000] [--pack 1,8] [--threads 1,2] [--steps 60] [--json] [--record]';
const flags = flagsOrEnd(usage, {
  kernel: { type: 'string', default: defaultKernels.join() },
  hidden: { type: 'string', default: '50,200,1000' },
  pack: { type: 'string', default: '1,8' },
  threads: { type: 'string', default: `1,${availableParallelism()}` },
  steps: { type: 'string', default: '60' },
  json: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false },
});

const flagNumbers = (flag: 'hidden' | 'pack' | 'threads' | 'steps'): number[] =>
  wholeNumbers(usage, `--${flag}`, flags[flag]);
const [steps = 60] = flagNumbers('steps');
const threadCounts = flagNumbers('threads');
const wanted = flags.kernel.split(',');
const unknown = wanted.find((name) => !benchedKernels.some((kernel) => kernel === name));
if (unknown !== undefined) wrongUsage(usage, `unknown kernel: ${JSON.stringify(unknown)}`);
const kernels = benchedKernels.filter((kernel) => wanted.includes(kernel));
const images = noiseImages();

interface Row extends Case {
  readonly threads: number;
  readonly timings: readonly Timing[];
}

function buildCases(kernel: BenchedKernel): Case[] {
  const cases = flagNumbers('hidden').flatMap((hidden) =>
    flagNumbers('pack').map((pack) => {
      const most = twoLayer.packSize({ hidden });
      return { kernel, hidden, pack: Math.min(pack, most), batch: 100 };
    }),
  );
  return cases.filter(
    (c, index) => cases.findIndex((d) => d.hidden === c.hidden && d.pack === c.pack) === index,
  );
}

async function measureThreads(c: Case, threads: number): Promise<Timing[]> {
  if (threads === 1) return [measure(c, images, steps, alone)];
  const counters = new Int32Array(new SharedArrayBuffer(8));
  const work: ThreadWork = { case: c, images, steps, threads, counters };
  const file = new URL('./bench-thread.ts', import.meta.url);
  return Promise.all(
    Array.from(
      { length: threads },
      () =>
        new Promise<Timing>((resolve, reject) => {
          const worker = new Worker(file, { workerData: work });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
}

const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);

/** Rate of all threads together, from a time of each, and its share of the sum of their peaks. */
function rates(row: Row, ms: (timing: Timing) => number): { gflops: number; share: number } {
  const flop = stepFlop(row) * row.pack;
  const gflops = sum(row.timings.map((timing) => flop / ms(timing) / 1e6));
  return { gflops, share: gflops / sum(row.timings.map(({ peakGflops }) => peakGflops)) };
}

/** The figures of a row; times are those of one trial, and shares are of the peak. */
function figures(row: Row) {
  const medianMs = sum(row.timings.map((timing) => timing.medianMs)) / row.threads;
  const measuredMs = sum(row.timings.map((timing) => timing.measuredImageMs)) / row.threads;
  const median = rates(row, (timing) => timing.medianMs);
  return {
    kernel: row.timings[0]?.kernelName ?? row.kernel,
    hidden: row.hidden,
    pack: row.pack,
    threads: row.threads,
    trialMs: medianMs / row.pack,
    gflops: median.gflops,
    share: median.share,
    fastestTenthShare: rates(row, (timing) => timing.fastestTenthMs).share,
    measuredImageUs: (1000 * measuredMs) / row.pack,
  };
}

function line(row: Row): string[] {
  const of = figures(row);
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  return [
    of.kernel,
    ...[of.hidden, of.pack, of.threads].map(String),
    (of.trialMs * of.pack).toFixed(2),
    of.trialMs.toFixed(2),
    of.gflops.toFixed(0),
    percent(of.share),
    percent(of.fastestTenthShare),
    ((1000 * of.trialMs) / row.batch).toFixed(1),
    of.measuredImageUs.toFixed(1),
  ];
}

/** Appends a line to the history. Numbers have four significant digits. */
function record(rows: readonly Row[]): void {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' });
  const entry = {
    date: new Date().toISOString().slice(0, 10),
    commit: commit.trim(),
    machine: {
      processor: cpus()[0]?.model ?? 'unknown processor',
      cores: availableParallelism(),
      node: process.versions.node,
    },
    figures: rows.map((row) => ({
      ...figures(row),
      peakGflops: sum(row.timings.map(({ peakGflops }) => peakGflops)),
    })),
  };
  const short = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value;
  const history = new URL('../docs/benchmarks.jsonl', import.meta.url);
  appendFileSync(history, `${JSON.stringify(entry, short)}\n`);
}

const header =
  'kernel,hidden,pack,threads,ms/step,ms/trial,GFLOP/s,of peak,fastest tenth,µs/image,measured'.split(
    ',',
  );

function print(rows: readonly Row[]): void {
  const lines = [header, ...rows.map(line)];
  const widths = header.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)));
  const text = lines.map((cells) =>
    cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '),
  );
  const peaks = rows.filter(({ threads }) => threads === 1).flatMap(({ timings }) => timings);
  const best = Math.max(
    ...(peaks.length > 0 ? peaks : rows.flatMap(({ timings }) => timings)).map(
      ({ peakGflops }) => peakGflops,
    ),
  );
  const how =
    nativeNames.length > 0
      ? 'multiply-adds on registers'
      : "twice WebAssembly's multiply-adds on registers, since the native kernel is not built";
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}\n`,
  );
  process.stdout.write(
    `peak of one core: ${best.toFixed(0)} GFLOP/s (${how})\n\n${text.join('\n')}\n`,
  );
}

const rows: Row[] = [];
for (const kernel of kernels) {
  if (kernel.startsWith('native') && nativeNames.length === 0) {
    process.stderr.write('the native kernel is not built; run `npm run build:native`\n');
    continue;
  }
  for (const c of buildCases(kernel)) {
    for (const threads of threadCounts) {
      process.stderr.write(`${kernel}, hidden ${c.hidden}, pack ${c.pack}, threads ${threads}\n`);
      rows.push({ ...c, threads, timings: await measureThreads(c, threads) });
    }
  }
}
if (flags.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else print(rows);
if (flags.record) record(rows);
