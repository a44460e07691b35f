/**
 * Machine limits: what the operating system grants this process, from `ulimit` and control groups (the
 * limits of containers and batch jobs). Read from /proc and /sys of Linux; elsewhere every limit is null.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads a file; null if it cannot be read. */
export type ReadText = (path: string) => string | null;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Soft limits of `ulimit`; null if unlimited or unknown. */
export interface ProcessLimits {
  /** `ulimit -v`: addresses, whether memory is behind them or not. */
  readonly addressBytes: number | null;
  /** `ulimit -u`: processes and threads of this user. */
  readonly processes: number | null;
  /** `ulimit -n`. */
  readonly openFiles: number | null;
}

export function processLimits(read: ReadText = readText): ProcessLimits {
  const text = read('/proc/self/limits') ?? '';
  const soft = (name: string): number | null => {
    const value = new RegExp(`^Max ${name} +(\\d+)`, 'm').exec(text)?.[1];
    return value === undefined ? null : Number(value);
  };
  return {
    addressBytes: soft('address space'),
    processes: soft('processes'),
    openFiles: soft('open files'),
  };
}

/** Bytes of addresses that this process may still reserve; null if unlimited. */
export function freeAddressBytes(read: ReadText = readText): number | null {
  const { addressBytes } = processLimits(read);
  if (addressBytes === null) return null;
  const used = /^VmSize:\s+(\d+) kB/m.exec(read('/proc/self/status') ?? '')?.[1] ?? '0';
  return Math.max(0, addressBytes - Number(used) * 1_024);
}

/**
 * Processors that the control groups of this process grant, such as 0.5; null without a quota. Node
 * ignores quotas of version 1 of control groups.
 */
export function processorQuota(read: ReadText = readText): number | null {
  const quotas = controlGroupFolders('cpu', read).flatMap((folder) => {
    const [quota, period] =
      read(join(folder, 'cpu.max'))?.trim().split(/\s+/) ??
      ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => read(join(folder, name))?.trim());
    const processors = Number(quota) / Number(period);
    return Number.isFinite(processors) && processors > 0 ? [processors] : [];
  });
  return quotas.length === 0 ? null : Math.min(...quotas);
}

/** Processes and threads that the control groups of this process allow; null without a limit. */
export function processQuota(read: ReadText = readText): number | null {
  const limits = controlGroupFolders('pids', read).flatMap((folder) => {
    const limit = Number(read(join(folder, 'pids.max'))?.trim());
    return Number.isSafeInteger(limit) && limit > 0 ? [limit] : [];
  });
  return limits.length === 0 ? null : Math.min(...limits);
}

/**
 * Folders of the control group of this process and of the groups above it. In a container the path in
 * /proc may be that of the host; the mounted root then is the container's group.
 */
function controlGroupFolders(controller: string, read: ReadText): string[] {
  const root = '/sys/fs/cgroup';
  return (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) return [];
    const isUnified = names === '';
    if (!isUnified && !names.split(',').includes(controller)) return [];
    const mounts = isUnified
      ? [root, join(root, 'unified')]
      : [join(root, names), join(root, controller)];
    const levels = path.split('/').filter((name) => name !== '' && name !== '..');
    return mounts.flatMap((mount) =>
      Array.from({ length: levels.length + 1 }, (_, depth) =>
        join(mount, ...levels.slice(0, depth)),
      ),
    );
  });
}
