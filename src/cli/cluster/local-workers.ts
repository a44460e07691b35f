/**
 * Local workers: the worker processes of `run`. They start before the coordinator listens, load their
 * program and test their arithmetic meanwhile, and then receive the join string.
 */
import { accessSync, constants } from 'node:fs';
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';
import type { Launcher } from '../../launch/launcher.ts';
import { LocalLauncher } from '../../launch/local.ts';
import type { KernelChoice } from '../../trainers/two-layer/kernel-choices.ts';
import { coresNote, defaultThreads } from '../../worker/thread-count.ts';
import { programWords, type ProgramFlags } from '../process/program-options.ts';
import { shardCacheDirectory, type Context } from '../process/context.ts';

export interface LocalWorkerFlags extends ProgramFlags {
  readonly kernel: KernelChoice;
  readonly workers: number;
  readonly threads?: number;
  readonly pack: number;
  readonly cache?: string;
  /** Bytes. */
  readonly stateMax: number;
}

/** How long drained workers may take to leave before they are signalled, and how long after that. */
const leaveMs = 2_000;

/** @param joinText resolves when the coordinator listens */
export function startLocalWorkers(
  flags: LocalWorkerFlags,
  joinText: Promise<string>,
  context: Context,
): Launcher {
  const {
    log,
    flags: { debug },
  } = context;
  const { kernel, pack } = flags;
  const cache = flags.workers === 0 ? undefined : shardCacheDirectory(context, flags);
  const note = flags.threads === undefined && flags.workers > 0 ? coresNote(flags.workers) : null;
  if (note !== null) log.info(note);
  const options = {
    threads: threadsPerWorker(flags),
    pack,
    kernel,
    cache,
    'state-max': flags.stateMax,
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const launcher = new LocalLauncher({
    program: programPath(),
    joinText,
    workerArguments: [
      ...given.flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...programWords(flags),
      ...(debug === true ? ['--debug'] : []),
    ],
    log,
  });
  launcher.start(flags.workers);
  return launcher;
}

/** Why the cache cannot be written, before each worker finds out; null if it can. */
export function cacheProblem(flags: LocalWorkerFlags, context: Context): RidgelineError | null {
  const dir = shardCacheDirectory(context, flags);
  try {
    makeFolders(dir, 0o700);
    accessSync(dir, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `The cache of decoded data cannot be written: ${errorMessage(error)}.`,
      'Give a writable directory with --cache, such as --cache ./cache; `ridgeline doctor` checks this machine.',
      { cause: error },
    );
  }
}

/** The program of this process, which local workers run too. */
export function programPath(): string {
  return fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
}

/**
 * Waits until the workers have left. Signals those that have not after some seconds, such as one that
 * was restarted at the end, and then kills them.
 */
export async function endLocalWorkers(launcher: Launcher): Promise<void> {
  for (const mode of ['return-trials', 'kill'] as const) {
    await Promise.race([launcher.ended, delay(leaveMs, null, { ref: false })]);
    launcher.stop(mode);
  }
}

export function threadsPerWorker({ threads, workers }: LocalWorkerFlags): number {
  return threads ?? defaultThreads(Math.max(1, workers));
}
