/**
 * Independence: whether two executions of a trial check each other. Each machine has a separate token, so
 * two tokens are two machines; names, sessions and machine ids are chosen by the workers themselves.
 */
import type { AttemptRecord } from './trial.ts';

export type Executor = Pick<AttemptRecord, 'worker' | 'machineId' | 'tokenId'>;

/** Attempts of release 0.1.0 have no tokens: their names count, as they did then. */
export function areIndependent(a: Executor, b: Executor): boolean {
  if (a.tokenId === '' && b.tokenId === '') return a.worker !== b.worker;
  return a.tokenId !== '' && b.tokenId !== '' && a.tokenId !== b.tokenId;
}

/**
 * How a second execution relates to earlier ones. `independent`: of another token than all of them.
 * `other-machine`: of another machine with the same token. `other-worker`: of another worker there.
 */
export type Relation = 'independent' | 'other-machine' | 'other-worker' | 'same-worker';

export function relationTo(earlier: readonly Executor[], own: Executor): Relation {
  if (earlier.every((other) => areIndependent(other, own))) return 'independent';
  if (earlier.every(({ machineId }) => machineId !== own.machineId)) return 'other-machine';
  return earlier.every(({ worker }) => worker !== own.worker) ? 'other-worker' : 'same-worker';
}
