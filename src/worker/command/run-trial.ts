/**
 * Trial run: trains one trial with a command, in a separate working folder, and reads its result.
 *
 * The folder has the files of the study, `task.json`, the state of an earlier step in `in`, and `out` for what
 * the program writes.
 */
import { constants } from 'node:fs';
import { cp, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { durationMs } from '../../base/duration.ts';
import { memoryBytes } from '../../study/memory-size.ts';
import type { Metrics } from '../../study/metrics.ts';
import { sha256 } from '../../base/digest.ts';
import { noCorrectness, type Measurement, type TrialResult } from '../../study/trial.ts';
import { OutputReader, type CommandOutcome } from '../../trainers/command/output-reader.ts';
import { fillWords, type CommandSettings } from '../../trainers/command/settings.ts';
import { taskLine, type CommandTask } from '../../trainers/command/task.ts';
import { commandEnvironment, taskFile, withoutSecrets } from './environment.ts';
import { findProgram } from './find-program.ts';
import { LogTail } from './log-tail.ts';
import { runProcess, type ProcessEnd } from './run-process.ts';

/** What the operator of a worker sets for all commands. */
export interface CommandHost {
  /** The worker's own environment. */
  readonly own: NodeJS.ProcessEnv;
  /** Names of variables that commands receive. */
  readonly passed: readonly string[];
  /** Processors for each process. */
  readonly processors: number;
}

export interface TrialRun {
  readonly settings: CommandSettings;
  /** Program and arguments, with placeholders. */
  readonly words: readonly string[];
  readonly task: CommandTask;
  /** Contents of the files of the study, by path in the folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Where the state of an earlier step is, which `task.from` names; null without one. */
  readonly state?: string | null;
  /** The learning curve up to `task.from`; absent: empty. */
  readonly curve?: readonly Measurement[];
  /** An absolute path; created here. The caller removes it with `removeFolder`. */
  readonly folder: string;
  readonly device: string | null;
}

/**
 * How a run has ended. `log`: the end of its error output; `output`: that of both streams (`attempt-log.ts`).
 * They are without the values of secrets.
 */
export type TrialRunEnd = { readonly log: string; readonly output: string } & (
  | {
      readonly kind: 'trained';
      readonly result: TrialResult;
      /** Absolute path of the state, in the working folder; null without one. */
      readonly state: string | null;
    }
  /** The command is the cause. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The worker is the cause: it cannot run the program. */
  | { readonly kind: 'unfit'; readonly reason: string }
  | { readonly kind: 'stopped' }
);

export interface RunningTrial {
  readonly ended: Promise<TrialRunEnd>;
  stop(): void;
}

/** @param onMeasured called with each point of the learning curve but the last */
export function runTrial(
  run: TrialRun,
  host: CommandHost,
  onMeasured: (measurement: Measurement) => void,
): RunningTrial {
  const stopped = Promise.withResolvers<'stopped'>();
  return {
    ended: inFolder(run, async () => await runInFolder(run, host, onMeasured, stopped.promise)),
    stop: () => stopped.resolve('stopped'),
  };
}

async function inFolder(run: TrialRun, work: () => Promise<TrialRunEnd>): Promise<TrialRunEnd> {
  const { folder, files, task, state = null } = run;
  try {
    await mkdir(join(folder, task.out), { recursive: true, mode: 0o700 });
    for (const [name, content] of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
      await writeFile(join(folder, name), content, { mode: 0o700 });
    }
    if (task.from !== null && state !== null) {
      await mkdir(dirname(join(folder, task.from.state)), { recursive: true, mode: 0o700 });
      // Without a copy of the bytes, where the file system can.
      const how = { recursive: true, mode: constants.COPYFILE_FICLONE };
      await cp(state, join(folder, task.from.state), how);
    }
    await writeFile(join(folder, taskFile), taskLine(task), { mode: 0o600 });
  } catch (error) {
    return {
      kind: 'unfit',
      reason: `its working folder cannot be written: ${String(error)}`,
      ...noOutput,
    };
  }
  return await work();
}

/** Removes the working folder; it may hold gigabytes, and files that the program has protected. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

async function runInFolder(
  run: TrialRun,
  host: CommandHost,
  onMeasured: (measurement: Measurement) => void,
  stopped: Promise<unknown>,
): Promise<TrialRunEnd> {
  const { settings, task, folder, device } = run;
  const curve = [...(run.curve ?? [])];
  const reader = new OutputReader(outputRules(settings, task), (measurement) => {
    addPoint(curve, measurement);
    onMeasured(measurement);
  });
  const environment = commandEnvironment({ ...host, folder, device });
  const [name = '', ...words] = fillWords(run.words, task.parameters);
  const program = findProgram(name, environment['PATH'] ?? '', folder);
  if (program === null)
    return {
      kind: 'unfit',
      reason: `it has no program ${name} (PATH=${environment['PATH'] ?? ''})`,
      ...noOutput,
    };
  const printed = new LogTail((text) => withoutSecrets(text, host));
  const beginMs = performance.now();
  const child = runProcess(
    {
      words: [program, ...words],
      folder,
      environment,
      input: taskLine(task),
      timeoutMs: durationMs(settings.timeout),
      silenceMs: durationMs(settings.silence),
      memoryBytes: settings.memory === undefined ? null : memoryBytes(settings.memory),
    },
    {
      onOutput: (chunk) => {
        printed.push('out', chunk);
        reader.push(chunk);
        return reader.problem;
      },
      onErrorOutput: (chunk) => printed.push('err', chunk),
    },
  );
  void stopped.then(() => child.stop());
  const end = await child.ended;
  const seconds = (performance.now() - beginMs) / 1_000;
  printed.end();
  const texts = { log: printed.errors, output: printed.text };
  return { ...(await toEnd(end, reader, run, { task, curve, seconds })), ...texts };
}

type Outcome<End = TrialRunEnd> = End extends unknown ? Omit<End, 'log' | 'output'> : never;

async function toEnd(
  end: ProcessEnd,
  reader: OutputReader,
  { folder, task }: TrialRun,
  trained: Trained,
): Promise<Outcome> {
  if (end.kind === 'stopped') return { kind: 'stopped' };
  const outcome = end.kind === 'exited' && end.code === 0 ? reader.end() : null;
  if (outcome === null) {
    const reason = failure(end, reader);
    return { kind: end.kind === 'unstarted' ? 'unfit' : 'failed', reason };
  }
  const result = toResult(outcome, trained);
  if (outcome.kind === 'diverged' || outcome.state === null)
    return { kind: 'trained', result, state: null };
  const state = await findState(folder, task.out, outcome.state);
  if (state !== null) return { kind: 'trained', result, state };
  const problem = `the command printed the state ${JSON.stringify(outcome.state)}, which is no file or folder in ${task.out}`;
  return { kind: 'failed', reason: problem };
}

const noOutput = { log: '', output: '' };

/** A state outside of the output folder could be any file of the worker. */
async function findState(folder: string, out: string, state: string): Promise<string | null> {
  try {
    const path = await realpath(join(folder, state));
    return path.startsWith(`${await realpath(join(folder, out))}${sep}`) ? path : null;
  } catch {
    return null;
  }
}

function outputRules(settings: CommandSettings, task: CommandTask) {
  const names = Object.keys(settings.metrics);
  const isTest = (name: string): boolean => name.startsWith('test_');
  const metrics = names.filter((name) => task.test || !isTest(name));
  return {
    from: task.from?.step ?? 0,
    to: task.to,
    metrics,
    records: settings.records ?? 0,
    needsState: settings.resumes && task.to < task.end,
  };
}

function failure(end: ProcessEnd, reader: OutputReader): string {
  if (end.kind === 'ended' || end.kind === 'unstarted') return `the command ${end.reason}`;
  if (end.kind === 'killed')
    return `the command was killed by ${end.signal}${end.signal === 'SIGKILL' ? ', as happens when memory runs out' : ''}`;
  if (end.kind === 'exited' && end.code !== 0)
    return `the command ended with exit code ${end.code}`;
  return `the command ${reader.problem ?? 'printed no result'}`;
}

/** Most points of a learning curve: of more, every second one is left out. */
const curveMax = 2_000;

function addPoint(curve: Measurement[], point: Measurement): void {
  curve.push(point);
  if (curve.length < curveMax) return;
  const kept = curve.filter((_, index) => index % 2 === 1);
  curve.splice(0, curve.length, ...kept);
}

interface Trained {
  readonly task: CommandTask;
  readonly curve: readonly Measurement[];
  readonly seconds: number;
}

function toResult(outcome: CommandOutcome, { task, curve, seconds }: Trained): TrialResult {
  if (outcome.kind === 'diverged')
    return {
      kind: 'diverged',
      steps: outcome.step,
      seconds,
      curve: curve.filter(({ step }) => step <= outcome.step),
    };
  const { metrics, correct, digest } = outcome;
  return {
    kind: 'complete',
    steps: task.to,
    seconds,
    digest: digest ?? metricsDigest(metrics, correct),
    curve: [...curve, { step: task.to, metrics }],
    validationCorrect: correct ?? noCorrectness,
  };
}

/** Replaces the digest of the trained parameters, if the command prints no digest of them. */
function metricsDigest(metrics: Metrics, correct: Uint8Array | null): string {
  const sorted = Object.entries(metrics).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(sorted), correct ?? new Uint8Array(0));
}
