/** Abort: waiting that ends when a signal is aborted. */
import { once } from 'node:events';
import { setTimeout as timeout } from 'node:timers/promises';

/** Resolves with null when `signal` is aborted. */
export async function abortOf(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await once(signal, 'abort');
  return null;
}

/** Waits; returns at once if `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await timeout(ms, undefined, { signal }).catch(() => undefined);
}
