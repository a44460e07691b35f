/**
 * Thread run: runs a module of the user in a thread of its own, within limits. A module that crashes, hangs,
 * exits or uses too much memory ends its thread; the process continues.
 */
import { extname } from 'node:path';
import { Worker, type MessagePort } from 'node:worker_threads';
import { errorMessage } from '../../base/errors.ts';
import { LogTail } from '../command/log-tail.ts';
import type { ModuleEnd, ModuleThreadData } from './module-work.ts';

interface ThreadLimits {
  /** Memory of its JavaScript objects, in MiB. */
  readonly heapMb: number;
  readonly timeoutMs: number;
  /** Longest time without progress. */
  readonly silenceMs: number;
}

export interface ThreadOptions extends ThreadLimits {
  readonly environment: Readonly<Record<string, string>>;
  readonly transfer: readonly MessagePort[];
  /** Grows while the thread makes progress. */
  readonly progress: () => number;
  /** Returns a text without secrets. */
  readonly blank: (text: string) => string;
}

export type ThreadEnd =
  | ModuleEnd
  /** The machine is the cause. */
  | { readonly kind: 'unfit'; readonly cause: unknown };

export interface RunningThread {
  readonly ended: Promise<ThreadEnd>;
  /** What the module has printed (`study/attempt-log.ts`). */
  readonly output: () => string;
  /** Terminates the thread; it has ended as `stopped`. */
  stop(): void;
}

const checksPerSilence = 8;
const checkMsMax = 10_000;
/** Of V8: the nursery for new objects. The flags of the process make it small. */
const youngMb = 64;

export function runThread(data: ModuleThreadData, options: ThreadOptions): RunningThread {
  const end = Promise.withResolvers<ThreadEnd>();
  const log = new LogTail(options.blank);
  let outcome: ThreadEnd | null = null;
  const conclude = (value: ThreadEnd): void => void (outcome ??= value);
  const failed = (reason: string): void => conclude({ kind: 'failed', reason });
  // The extension of this file: .ts in the source tree, .js in a release.
  const entry = new URL(`./module-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(entry, {
    workerData: data,
    transferList: [...options.transfer],
    env: options.environment,
    resourceLimits: { maxOldGenerationSizeMb: options.heapMb, maxYoungGenerationSizeMb: youngMb },
    stdout: true,
    stderr: true,
  });
  thread.stdout.on('data', (chunk: Buffer) => log.push('out', chunk));
  thread.stderr.on('data', (chunk: Buffer) => log.push('err', chunk));
  const watch = watchLimits(options, (reason) => {
    failed(reason);
    void thread.terminate();
  });
  thread.once('message', (message: ModuleEnd) => {
    conclude(message);
    // Timers and connections of the module would keep the thread.
    void thread.terminate();
  });
  thread.once('error', (error: Error) => conclude(errorEnd(error, options)));
  thread.once('exit', (code) => {
    clearInterval(watch);
    failed(`ended its thread with process.exit(${code})`);
    log.end();
    end.resolve(outcome ?? { kind: 'stopped' });
  });
  return {
    ended: end.promise,
    output: () => log.text,
    stop: () => {
      conclude({ kind: 'stopped' });
      void thread.terminate();
    },
  };
}

function errorEnd(error: Error, { heapMb }: ThreadLimits): ThreadEnd {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_INIT_FAILED') return { kind: 'unfit', cause: error };
  const reason =
    code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? `used more memory than trainer.heap_mb: ${heapMb} allows; keep numbers in typed arrays, which do not count, or raise heap_mb`
      : `threw ${error.name}: ${errorMessage(error)}`;
  return { kind: 'failed', reason };
}

/** @returns a timer */
function watchLimits(
  { timeoutMs, silenceMs, progress }: ThreadOptions,
  end: (reason: string) => void,
): NodeJS.Timeout {
  const begin = performance.now();
  let [count, since] = [progress(), begin];
  const check = (): void => {
    const now = performance.now();
    if (progress() !== count) [count, since] = [progress(), now];
    if (now - since > silenceMs) end(`made no step for ${silenceMs / 1_000} s (trainer.silence)`);
    if (now - begin > timeoutMs) end(`ran longer than ${timeoutMs / 1_000} s (trainer.timeout)`);
  };
  const shortest = Math.min(silenceMs, timeoutMs) / checksPerSilence;
  return setInterval(check, Math.min(checkMsMax, shortest));
}
