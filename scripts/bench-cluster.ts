/**
 * Cluster benchmark (`npm run bench:cluster`): how much load one coordinator handles on this machine.
 *
 * The coordinator is a separate process, measured from /proc. The workers are simulated in this process,
 * over real gRPC and TLS on loopback. Both share the machine's cores, so the numbers are those of a busy
 * machine. Linux only.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStudy } from '../src/config/parse-study.ts';
import { connectControl } from '../src/rpc/client/control-client.ts';
import { readAdminJoin } from '../src/rpc/credentials/join-files.ts';
import { readJoin } from '../src/rpc/credentials/join-string.ts';
import { canonicalSpec } from '../src/study/spec/canonical-spec.ts';
import { describeTrainer } from '../src/trainers/registry.ts';
import { flagsOrEnd, wholeNumbers, wrongUsage } from './bench-flags.ts';
import { MeasuredCoordinator } from './measured-coordinator.ts';
import { SimulatedWorker } from './simulated-worker.ts';

const usage =
  'npm run -s bench:cluster -- [--idle 1000] [--workers 200] [--trials 1000000] [--seconds 20] [--only idle|throughput|latency] [--cpu-prof DIR]';
const flags = flagsOrEnd(usage, {
  idle: { type: 'string', default: '1000' },
  workers: { type: 'string', default: '200' },
  trials: { type: 'string', default: '1000000' },
  seconds: { type: 'string', default: '20' },
  only: { type: 'string' },
  'cpu-prof': { type: 'string' },
});
const flagNumber = (flag: 'idle' | 'workers' | 'trials' | 'seconds'): number =>
  wholeNumbers(usage, `--${flag}`, flags[flag])[0] ?? 1;

const profile = flags['cpu-prof'];
const nodeFlags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];

interface Fleet {
  readonly workers: readonly SimulatedWorker[];
  answered: number;
  onAnswered: () => void;
  readonly waitsMs: number[];
}

/** Workers join in groups of 20: a handshake costs the coordinator one or two milliseconds. */
async function joinFleet(stateDir: string, count: number, packMs: () => number): Promise<Fleet> {
  note(`${count} workers join`);
  const target = await readJoin(`@${join(stateDir, 'worker.join')}`, process.stdin);
  const workers: SimulatedWorker[] = [];
  const fleet: Fleet = { workers, answered: 0, onAnswered: () => undefined, waitsMs: [] };
  for (let from = 0; from < count; from += 20) {
    const indices = Array.from({ length: Math.min(20, count - from) }, (_, i) => from + i + 1);
    const joined = indices.map((index) =>
      SimulatedWorker.join({
        index,
        join: target,
        threads: 1,
        packMs,
        onAnswer: (answer) => {
          // A result is a duplicate if its answer was lost with a connection.
          if (answer !== 'accepted' && answer !== 'duplicate')
            process.stderr.write(`unexpected answer: ${answer}\n`);
          fleet.answered += 1;
          fleet.onAnswered();
        },
        onDispatch: (waitedMs) => fleet.waitsMs.push(waitedMs),
      }),
    );
    workers.push(...(await Promise.all(joined)));
  }
  return fleet;
}

/** @param more trials of a second stage, which extends a study that has only one */
async function submit(stateDir: string, name: string, trials: number, more = 0): Promise<void> {
  const stage = (of: string, count: number): string =>
    `  - { name: ${of}, trials: ${count}, lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 } }`;
  const text = `
study: ${name}
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 } }
trainer:
  hidden: 50
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.2, step_size: 100 }
  cycles: 1
objective: { metric: validation_accuracy, direction: maximize }
stages:
${stage('coarse', trials)}
${more > 0 ? stage('more', more) : ''}
`;
  using client = await connectControl(readAdminJoin(stateDir));
  await client.submitStudy(canonicalSpec(parseStudy(text, name, describeTrainer)), { trials });
}

interface Throughput {
  readonly trials: number;
  readonly perSecond: number;
  readonly cpuMsPerTrial: number;
  /** The same of the process that simulates the workers. */
  readonly workerCpuMsPerTrial: number;
  /** CPU ms per trial in the first and the last tenth: shows whether the cost grows with the store. */
  readonly tenthsMsPerTrial: readonly [first: number, last: number];
  readonly peakBytes: number;
  /** Some seconds after the last result. */
  readonly residentBytes: number;
}

/**
 * Runs one study. The rate is measured from the first answer to the last, the cost of a trial from the
 * submission on: a small study is assigned completely before its first answer.
 */
async function runStudy(
  coordinator: MeasuredCoordinator,
  fleet: Fleet,
  name: string,
  trials: number,
): Promise<Throughput> {
  fleet.answered = 0;
  const first = Promise.withResolvers<number>();
  const last = Promise.withResolvers<[number, number]>();
  const tenth = Math.floor(trials / 10);
  const cpuAt = new Map<number, number>();
  const marks = [1, tenth, trials - tenth, trials];
  fleet.onAnswered = () => {
    if (marks.includes(fleet.answered)) cpuAt.set(fleet.answered, coordinator.cpuSeconds());
    if (fleet.answered === 1) first.resolve(performance.now());
    if (fleet.answered === trials) last.resolve([performance.now(), coordinator.cpuSeconds()]);
  };
  note(`${trials} trials`);
  const startCpu = coordinator.cpuSeconds();
  const startOwn = process.cpuUsage();
  await submit(coordinator.stateDir, name, trials);
  const startMs = await first.promise;
  const [endMs, endCpu] = await last.promise;
  const own = process.cpuUsage(startOwn);
  // Until the garbage of the end of the stage is collected.
  if (trials >= 100_000) await sleep(5_000);
  const between = (from: number, to: number): number =>
    (((cpuAt.get(to) ?? NaN) - (cpuAt.get(from) ?? NaN)) * 1_000) / (to - from);
  return {
    trials,
    perSecond: (trials - 1) / ((endMs - startMs) / 1_000),
    cpuMsPerTrial: ((endCpu - startCpu) * 1_000) / trials,
    workerCpuMsPerTrial: (own.user + own.system) / 1_000 / trials,
    tenthsMsPerTrial: [between(1, tenth), between(trials - tenth, trials)],
    peakBytes: coordinator.peakBytes(),
    residentBytes: coordinator.residentBytes(),
  };
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const printRow = (what: string, value: string, goal: string): void => {
  process.stdout.write(`${what.padEnd(58)}${value.padStart(14)}   ${goal}\n`);
};

async function benchIdle(): Promise<void> {
  const count = flagNumber('idle');
  const coordinator = await MeasuredCoordinator.start(nodeFlags);
  const beforeBytes = coordinator.residentBytes();
  const fleet = await joinFleet(coordinator.stateDir, count, () => 0);
  const idleSeconds = flagNumber('seconds');
  note(`idle for ${idleSeconds} s`);
  await sleep(3_000); // Until the handshakes are over and their memory is collected.
  const startCpu = coordinator.cpuSeconds();
  const startMs = performance.now();
  let mostBytes = 0;
  while (performance.now() - startMs < idleSeconds * 1_000) {
    mostBytes = Math.max(mostBytes, coordinator.residentBytes());
    await sleep(200);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const share = (coordinator.cpuSeconds() - startCpu) / seconds;
  printRow(`${count} idle workers: memory`, megabytes(mostBytes), '<= 300 MB');
  printRow('  the coordinator without workers', megabytes(beforeBytes), '');
  printRow(`${count} idle workers: share of one core`, `${(share * 100).toFixed(1)} %`, '<= 20 %');
  for (const worker of fleet.workers) worker.leave();
  await coordinator.stop();
}

async function benchThroughput(): Promise<void> {
  const [count, trials] = [flagNumber('workers'), flagNumber('trials')];
  const coordinator = await MeasuredCoordinator.start(nodeFlags);
  const fleet = await joinFleet(coordinator.stateDir, count, () => 0);
  await runStudy(coordinator, fleet, 'warm-up', 5_000); // Until the code is compiled.
  const small: Throughput[] = [];
  for (let i = 1; i <= 5; i++) small.push(await runStudy(coordinator, fleet, `small-${i}`, 1_000));
  const large = await runStudy(coordinator, fleet, 'large', trials);
  const middle = (value: (run: Throughput) => number): number => quantile(small.map(value), 0.5);
  const smallCost = middle((run) => run.cpuMsPerTrial);
  const goal = '>= 10000';
  const rate = (perSecond: number): string => `${perSecond.toFixed(0)} trials/s`;
  printRow(`${count} workers, 1000 trials`, rate(middle((run) => run.perSecond)), goal);
  printRow(`${count} workers, ${trials} trials`, rate(large.perSecond), goal);
  printRow('  CPU per trial at 1000 trials', `${smallCost.toFixed(3)} ms`, '');
  printRow(`  CPU per trial at ${trials} trials`, `${large.cpuMsPerTrial.toFixed(3)} ms`, '');
  const growth = (large.cpuMsPerTrial / smallCost - 1) * 100;
  printRow('  difference', `${growth.toFixed(0)} %`, '<= 20 %');
  const [early, late] = large.tenthsMsPerTrial;
  printRow('    in the first and last tenth', `${early.toFixed(3)}, ${late.toFixed(3)} ms`, '');
  const own = large.workerCpuMsPerTrial;
  printRow('  CPU per trial of the simulated workers', `${own.toFixed(3)} ms`, '');
  printRow(`  memory after ${trials} trials`, megabytes(large.residentBytes), '< 1024 MB');
  printRow('    at most', megabytes(large.peakBytes), '');
  for (const worker of fleet.workers) worker.leave();
  await benchRestart(coordinator, trials);
}

/** Kills the coordinator while it works on a study with many trials that have ended, and starts it again. */
async function benchRestart(killed: MeasuredCoordinator, trials: number): Promise<void> {
  const { stateDir } = killed;
  await submit(stateDir, 'large', trials, 1_000);
  // A process that is killed writes no profile.
  await killed.end(profile === undefined ? 'SIGKILL' : 'SIGTERM');
  note('restart');
  const startMs = performance.now();
  const coordinator = await MeasuredCoordinator.start(nodeFlags, stateDir);
  const fleet = await joinFleet(stateDir, 1, () => 0);
  await new Promise<void>((resolve) => (fleet.onAnswered = resolve));
  const seconds = (performance.now() - startMs) / 1_000;
  const after = `${trials} trials`;
  printRow(`restart over ${after}, to the next result`, `${seconds.toFixed(1)} s`, '< 10 s');
  printRow('  CPU', `${coordinator.cpuSeconds().toFixed(1)} s`, '');
  printRow('  memory', megabytes(coordinator.residentBytes()), '< 1024 MB');
  for (const worker of fleet.workers) worker.leave();
  await coordinator.stop();
}

async function benchLatency(): Promise<void> {
  const count = flagNumber('workers');
  const trials = count * 8 * 12;
  const coordinator = await MeasuredCoordinator.start(nodeFlags);
  const fleet = await joinFleet(coordinator.stateDir, count, () => 500 + 1_000 * Math.random());
  const { perSecond } = await runStudy(coordinator, fleet, 'latency', trials);
  const { waitsMs } = fleet;
  const rate = `${perSecond.toFixed(0)} trials/s`;
  printRow(
    `result to next dispatch at ${rate}: median`,
    `${quantile(waitsMs, 0.5).toFixed(1)} ms`,
    '<= 10 ms',
  );
  printRow('  99 of 100', `${quantile(waitsMs, 0.99).toFixed(1)} ms`, '');
  for (const worker of fleet.workers) worker.leave();
  await coordinator.stop();
}

const phases = { idle: benchIdle, throughput: benchThroughput, latency: benchLatency };
if (flags.only !== undefined && !Object.hasOwn(phases, flags.only))
  wrongUsage(usage, `unknown measurement: ${JSON.stringify(flags.only)}`);
process.stdout.write(`Node ${process.versions.node}, ${availableParallelism()} cores\n`);
for (const [name, bench] of Object.entries(phases)) {
  if (flags.only === undefined || flags.only === name) await bench();
}
process.exit(0);
