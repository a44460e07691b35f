/**
 * Host findings: what this machine grants a worker and a coordinator: processors, memory, threads and files.
 * `doctor` prints them. Each is tried or read from the same limits as `run` meets.
 */
import { totalmem } from 'node:os';
import { availableMemory, constrainedMemory } from 'node:process';
import { errorMessage } from '../../base/errors.ts';
import { processLimits, processorQuota } from '../../base/machine-limits.ts';
import { connectionsFor } from '../../rpc/server/server-limits.ts';
import { defaultThreads, fittingThreads, usableCores } from '../../worker/thread-count.ts';

export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** The fix; null if the check succeeded. */
  readonly fix: string | null;
}

type Problem = (check: string, detail: string, fix: string) => Finding;

export const ok = (check: string, detail: string): Finding => ({
  check,
  result: 'ok',
  detail,
  fix: null,
});
export const warn: Problem = (check, detail, fix) => ({ check, result: 'warn', detail, fix });
export const fail: Problem = (check, detail, fix) => ({ check, result: 'fail', detail, fix });

/** Of a worker, and of each of its threads with CIFAR-10. */
const workerBytes = 300e6;
const threadBytes = 35e6;

export async function hostFindings(kernel: 'native' | 'portable'): Promise<Finding[]> {
  return [coresFinding(), memoryFinding(), await threadsFinding(kernel), filesFinding()];
}

function coresFinding(): Finding {
  const quota = processorQuota();
  const limit = quota === null ? '' : `, limited to ${quota} processors by the control group`;
  return ok('processors', `${usableCores()} can be used${limit}`);
}

function memoryFinding(
  free = availableMemory(),
  limit = constrainedMemory() || Infinity,
  total = totalmem(),
): Finding {
  const check = 'memory';
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  const of = limit < total ? `the limit of ${megabytes(limit)} (control group)` : megabytes(total);
  const detail = `${megabytes(free)} free of ${of}`;
  const needed = workerBytes + defaultThreads() * threadBytes;
  if (free > needed) return ok(check, detail);
  return warn(
    check,
    `${detail}; a worker with ${defaultThreads()} threads needs about ${megabytes(needed)} for CIFAR-10`,
    'Start it with fewer --threads, or on a machine with more memory.',
  );
}

/** Starts the threads that a worker would have. */
async function threadsFinding(kernel: 'native' | 'portable'): Promise<Finding> {
  const check = 'threads';
  try {
    const { threads, note } = await fittingThreads(defaultThreads(), kernel);
    if (note === null) return ok(check, `${threads} by default, and they can be started`);
    return warn(check, note, 'Raise that limit, to train with all processors.');
  } catch (error) {
    return fail(check, errorMessage(error), 'Raise that limit.');
  }
}

function filesFinding({ openFiles } = processLimits()): Finding {
  const check = 'open files';
  const { connections, isLimited } = connectionsFor(openFiles);
  const detail = `a coordinator has room for ${connections} connections`;
  if (!isLimited) return ok(check, detail);
  return warn(
    check,
    `${detail}: \`ulimit -n ${openFiles}\``,
    'Raise the limit for coordinators with many workers, such as `ulimit -n 4096`.',
  );
}
