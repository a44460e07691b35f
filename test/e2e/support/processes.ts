/**
 * Real processes for tests: the command as a user starts it, with a separate state directory. Processes
 * and folders end with their test.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, inject, onTestFinished } from 'vitest';

/** The bundled program (`build-program.ts`); the source, in tests for which it is not built. */
export const program = inject('program') ?? resolve('scripts/ridgeline.mjs');
/** Compile cache that all processes of the tests share. */
const compileCache = join(tmpdir(), 'ridgeline-test-compiled');

/** Registers a clean-up of a concurrent test: the `onTestFinished` of its context. */
export type OnEnd = (cleanUp: () => Promise<void> | void) => void;

/** Clean-ups of what all tests of a file share, after the last test. */
export function onFileEnd(): OnEnd {
  const cleanUps: Parameters<OnEnd>[0][] = [];
  afterAll(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });
  return (cleanUp) => void cleanUps.push(cleanUp);
}

/** A folder that is deleted after the test. */
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

/** A running command: its output so far, and conditions that a test can wait for. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** Whether it has ended and its output is complete. */
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

  /** Waits until stdout or stderr matches; rejects if the process ends without a match. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.until(
      () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr),
      `printing ${pattern}`,
    );
  }

  /** Waits until `look`, called after each output, does not return null. */
  async until<T>(look: () => T | null, what: string): Promise<T> {
    return await new Promise((found, failed) => {
      const check = (): void => {
        const match = look();
        if (match !== null) {
          this.#watchers.delete(check);
          found(match);
        } else if (this.#isClosed) {
          this.#watchers.delete(check);
          failed(
            new Error(
              `ended with ${this.child.exitCode ?? this.child.signalCode} without ${what}:\n${this.stdout}\n${this.stderr}`,
            ),
          );
        }
      };
      this.#watchers.add(check);
      check();
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
  /** A command before the Node command, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
  /** Another Node command, such as one with an emulator. */
  readonly node?: readonly string[];
  readonly onEnd?: OnEnd;
}

/** Starts `ridgeline ARGUMENTS…`, and kills it at the end of the test. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  const node = options.node ?? [process.execPath];
  const words = [...(options.prefix ?? []), ...node, program, ...args];
  const running = startWords(words, options, options.input === undefined ? 'ignore' : 'pipe');
  if (options.input !== undefined) running.child.stdin?.end(options.input);
  return running;
}

/** Starts `ridgeline ARGUMENTS…` in a terminal, whose keys are the bytes of its standard input. */
export function startInTerminal(args: readonly string[]): Running {
  const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  return startWords(
    // `exec`: a shell that waits for the program ends with 130 after Ctrl-C, whatever the program's exit code.
    ['script', '--quiet', '--return', '--command', `exec ${command}`, '/dev/null'],
    {},
    'pipe',
  );
}

/** The environment without the variables of the person who runs the tests that the program reads. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  const read = /^(?:RIDGELINE_|XDG_|LC_|COLUMNS$|LINES$|FORCE_COLOR$|(?:https?|no|all)_proxy$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !read.test(name)));
}

export function startWords(
  [command = '', ...rest]: readonly string[],
  options: StartOptions,
  input: 'ignore' | 'pipe' = 'ignore',
): Running {
  const child = spawn(command, rest, {
    cwd: options.cwd ?? process.cwd(),
    env: {
      ...neutralEnvironment(),
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: compileCache,
      // The configuration of the person who runs the tests is not read.
      XDG_CONFIG_HOME: '/nonexistent',
      XDG_CACHE_HOME: join(tmpdir(), 'ridgeline-test-cache'),
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      ...options.env,
    },
    stdio: [input, 'pipe', 'pipe'],
  });
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

/** Writes the file of a small study on the embedded data set. */
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
  readonly index: number;
  readonly rank: number | null;
  readonly lambda: number;
  /** Null in a row of means. */
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

/** (trial, λ, digest) of every row, by trial: these do not depend on the cluster. */
export function fingerprint(results: ResultsJson): string[] {
  return results.stages
    .flatMap((stage) => stage.trials)
    .map((row) => `${row.trial} ${row.lambda} ${row.digest}`)
    .toSorted();
}
