/**
 * Thread count: how many training threads a worker has by default, and how many of them this process can
 * start. Processors, addresses (`ulimit -v`) and threads (`ulimit -u`, pids.max) may each be limited.
 */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { RidgelineError } from '../base/errors.ts';
import {
  freeAddressBytes,
  processLimits,
  processorQuota,
  processQuota,
} from '../base/machine-limits.ts';

/** Largest number of threads of one worker. */
export const threadsMax = 256;

/** Of V8 in a training thread: a thread has little code, and V8 would reserve addresses for 128 MB. */
export const threadResources = { maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 16 };

/** Addresses of a training thread: its stack, V8's heap, and the images of a pack. */
const threadAddressBytes = 96e6;
/** The memory of the portable kernel, which is reserved at once (`kernel-file.ts`). */
const portableAddressBytes = 512e6;
/** Addresses of a training thread with the portable kernel. */
export const addressesPerThread = threadAddressBytes + portableAddressBytes;
/** Addresses that stay free for the rest of the process, and the share for the images of the data set. */
const spareAddressBytes = 300e6;
const imagesShare = 0.25;
/** The thread of a pack that is stopped ends after its replacement has started; and other processes start threads. */
const spareThreads = 2;
/** Limits of threads below this are tried out: each process has about a dozen threads of Node. */
const fewThreads = 1_024;

/** The number of processors that this process may use; a part of one counts as one. */
export function usableCores(cores = availableParallelism(), quota = processorQuota()): number {
  return Math.min(cores, Math.max(1, Math.floor(quota ?? Infinity)));
}

/** Threads of each of `workers` on this machine by default. */
export function defaultThreads(workers = 1, cores = usableCores()): number {
  return Math.min(threadsMax, Math.max(1, Math.floor(cores / workers)));
}

/** A sentence if `workers` leave processors unused by default; null if they do not. */
export function coresNote(workers = 1, cores = usableCores()): string | null {
  if (cores <= workers * threadsMax) return null;
  const used = workers === 1 ? 'one worker uses' : `${workers} workers use`;
  return `This machine has ${cores} processors, and ${used} ${workers * threadsMax}: start ${Math.ceil(cores / threadsMax)} workers to use all.`;
}

export interface FittingThreads {
  readonly threads: number;
  /** Why they are fewer than requested, in a sentence; null if they are not. */
  readonly note: string | null;
}

/**
 * How many of the requested threads this process can start.
 *
 * @throws RidgelineError MACHINE_UNFIT if it can start none
 */
export async function fittingThreads(
  requested: number,
  kernel: 'native' | 'portable',
  limits: Limits = thisProcess,
): Promise<FittingThreads> {
  const inAddresses = threadsInAddresses(kernel, limits);
  const startable = await limits.startable(Math.min(requested, inAddresses));
  const threads = Math.min(requested, inAddresses, startable);
  if (threads === requested) return { threads, note: null };
  const { addressBytes, processes } = limits.processLimits();
  const limit =
    threads === inAddresses
      ? `the limit of addresses, \`ulimit -v ${Math.floor((addressBytes ?? 0) / 1_024)}\``
      : `the limit of threads, ${limits.processQuota() === null ? `\`ulimit -u ${processes}\`` : `pids.max ${limits.processQuota()}`}`;
  if (threads > 0)
    return {
      threads,
      note: `Training with ${threads} of ${requested} threads: ${limit}, leaves no room for more.`,
    };
  throw new RidgelineError(
    'MACHINE_UNFIT',
    `This process cannot start a training thread: ${limit}, leaves no room for one.`,
    'Raise the limit, or start fewer processes; `ridgeline doctor` shows what fits.',
  );
}

/** What `fittingThreads` asks the system; an argument for tests. */
export interface Limits {
  processLimits(): ReturnType<typeof processLimits>;
  processQuota(): number | null;
  freeAddressBytes(): number | null;
  /** How many of `count` threads can be started. */
  startable(count: number): Promise<number>;
}

const thisProcess: Limits = {
  processLimits,
  processQuota,
  freeAddressBytes,
  startable: async (count) => {
    const limit = Math.min(processLimits().processes ?? Infinity, processQuota() ?? Infinity);
    if (limit >= fewThreads + count) return count;
    const started = await startableThreads(count + spareThreads);
    return Math.min(count, Math.max(started > 1 ? 1 : 0, started - spareThreads));
  },
};

function threadsInAddresses(kernel: 'native' | 'portable', limits: Limits): number {
  const free = limits.freeAddressBytes();
  if (free === null) return Infinity;
  const each = threadAddressBytes + (kernel === 'portable' ? portableAddressBytes : 0);
  const forThreads = Math.floor(((1 - imagesShare) * free - spareAddressBytes) / each);
  // A kernel reserves less if there is less, so one thread is tried with any memory.
  return Math.max(1, forThreads);
}

/** Starts up to `count` idle threads and ends them. @returns how many were running at once */
export async function startableThreads(count: number): Promise<number> {
  const threads: Worker[] = [];
  // Node starts its threads for files at the first use, and ends the process if it cannot.
  await stat('.').catch(() => undefined);
  try {
    while (threads.length < count) {
      const idle = "require('node:worker_threads').parentPort.on('message', () => {});";
      const thread = new Worker(idle, { eval: true, resourceLimits: threadResources });
      await once(thread, 'online');
      threads.push(thread);
    }
  } catch {
    // The system refused another one.
  } finally {
    await Promise.all(threads.map(async (thread) => await thread.terminate()));
  }
  return threads.length;
}
