/**
 * Real processes for the tests: the command as a user starts it, with a state directory of its own.
 * Everything that a test starts ends with it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const launcher = resolve('scripts/ridgeline.mjs');
/** What Node has compiled once is not compiled again by every process that a test starts. */
const compileCache = join(tmpdir(), 'ridgeline-test-compiled');

/** How a test that runs beside others says what ends with it: its context's `onTestFinished`. */
export type OnEnd = (cleanUp: () => Promise<void> | void) => void;

/** A folder that goes with the test. */
export function scratchDir(onEnd: OnEnd = onTestFinished): string {
  const dir = mkdtempSync(join(tmpdir(), 'ridgeline-test-'));
  onEnd(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One running command: its output so far, and the events a test can wait for. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** It has ended, and all of its output is here. */
  #isClosed = false;
  readonly finished: Promise<Finished>;
  readonly #watchers = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.#grow('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#grow('stderr', chunk));
    this.finished = new Promise((done) => {
      child.once('close', (code, signal) => {
        this.#isClosed = true;
        done({ code, signal, stdout: this.stdout, stderr: this.stderr });
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  /** Waits until stdout or stderr matches; rejects when the process ends without it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.until(
      () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr),
      `saying ${pattern}`,
    );
  }

  /** Waits until `look`, called whenever there is new output, finds something. */
  async until<T>(look: () => T | null, what: string): Promise<T> {
    return await new Promise((found, failed) => {
      const again = (): void => {
        const match = look();
        if (match !== null) {
          this.#watchers.delete(again);
          found(match);
        } else if (this.#isClosed) {
          this.#watchers.delete(again);
          failed(
            new Error(
              `ended with ${this.child.exitCode ?? this.child.signalCode} without ${what}:\n${this.stdout}\n${this.stderr}`,
            ),
          );
        }
      };
      this.#watchers.add(again);
      again();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #grow(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString();
    for (const watcher of this.#watchers) watcher();
  }
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** A command in front, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
  /** Another Node than the one that runs the tests, such as one under an emulator. */
  readonly node?: readonly string[];
  readonly onEnd?: OnEnd;
}

/** Starts `ridgeline ARGUMENTS…`; it is killed at the end of the test if it still runs. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  const node = options.node ?? [process.execPath];
  const [command, ...rest] = [...(options.prefix ?? []), ...node, launcher, ...args];
  const child = spawn(command as string, rest, {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: compileCache, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  if (options.input !== undefined) child.stdin?.end(options.input);
  const running = new Running(child);
  (options.onEnd ?? onTestFinished)(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await running.finished;
  });
  return running;
}

/** Runs `ridgeline ARGUMENTS…` to its end. */
export async function ridgeline(
  args: readonly string[],
  options: StartOptions = {},
): Promise<Finished> {
  return await start(args, options).finished;
}

export interface StudyText {
  readonly name: string;
  readonly trials?: number;
  readonly cycles?: number;
  readonly hidden?: number;
  readonly seed?: number;
  /** Without the second stage. */
  readonly coarseOnly?: boolean;
}

/** A small study on the embedded data set, written to a file in `dir`. */
export function writeStudy(
  dir: string,
  { name, trials = 8, cycles = 1, hidden = 16, seed = 5, coarseOnly = false }: StudyText,
): string {
  const path = join(dir, `${name}.yaml`);
  writeFileSync(
    path,
    `study: ${name}
seed: ${seed}
dataset:
  name: digits
  train: { count: 1000 }
  validation: { count: 400 }
  test: { count: 397 }
trainer:
  hidden: ${hidden}
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.2, step_size: 100 }
  cycles: ${cycles}
objective: { metric: validation_accuracy, direction: maximize }
stages:
  - name: coarse
    trials: ${trials}
    lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 }
${coarseOnly ? '' : fineStage(trials)}`,
  );
  return path;
}

function fineStage(trials: number): string {
  return `  - name: fine
    trials: ${trials}
    lambda: { distribution: log_uniform, narrow: coarse }
`;
}

interface ResultRow {
  readonly trial: string;
  readonly lambda: number;
  readonly digest: string | null;
  readonly status: string;
  readonly attempts: number;
  readonly worker: string | null;
  readonly test_accuracy: number | null;
  readonly validation_accuracy: number | null;
}

export interface ResultsJson {
  readonly schema_version: number;
  readonly study: string;
  readonly stages: readonly {
    readonly name: string;
    readonly lambda: { readonly min: number; readonly max: number; readonly reason?: string };
    readonly trials: readonly ResultRow[];
  }[];
  readonly winner: ResultRow | null;
  readonly warnings: readonly string[];
}

/** (trial, λ, digest) of every row, in the order of trials: what must not depend on the cluster. */
export function fingerprint(results: ResultsJson): string[] {
  return results.stages
    .flatMap((stage) => stage.trials)
    .map((row) => `${row.trial} ${row.lambda} ${row.digest}`)
    .toSorted();
}
