/**
 * Messages of a session between a coordinator and a worker. `proto/ridgeline/v1` is their form on the
 * wire, `session-messages.ts` converts between the two.
 *
 * Work is assigned in packs: trials trained side by side in one thread. A pack is assigned, runs, ends,
 * is returned or is aborted as a whole. Its trials are fenced one by one with an `AttemptKey`.
 */
import type { Params } from '../../study/search-space.ts';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import type { AttemptKind, Measurement, TrialId, TrialResult } from '../../study/trial.ts';

/** Raised when an older peer would misread a message. Peers of different versions reject each other. */
export const protocolVersion = 2;

/** The fencing token: names one attempt to train one trial. */
export interface AttemptKey {
  readonly study: string;
  readonly trial: TrialId;
  readonly attempt: number;
}

/** The first message of every stream. */
export interface Hello {
  readonly kind: 'hello';
  readonly protocol: number;
  /** Version of the worker's program, for error messages. */
  readonly version: string;
  /** Random name of the worker process; the same on all its streams. */
  readonly session: string;
  readonly name: string;
  readonly threads: number;
  /** The most trials that the worker accepts in one pack. */
  readonly packMax: number;
  readonly kernel: 'portable' | 'native';
  readonly selfTestDigest: string;
  /** Packs that the worker still holds from an earlier stream. */
  readonly held: readonly PackProgress[];
  /** `datasetKey` of each data set in memory. */
  readonly datasets: readonly string[];
}

export interface PackProgress {
  readonly pack: string;
  /** A counter that grows while the pack is trained. */
  readonly step: number;
}

export interface MemberResult {
  readonly key: AttemptKey;
  readonly result: TrialResult;
}

export type WorkerMessage =
  | Hello
  | { readonly kind: 'heartbeat'; readonly packs: readonly PackProgress[] }
  /** An intermediate measurement, for progress displays. */
  | { readonly kind: 'measured'; readonly key: AttemptKey; readonly measurement: Measurement }
  /** The pack has ended with a result for every trial; its thread is free. */
  | {
      readonly kind: 'pack-ended';
      readonly pack: string;
      readonly results: readonly MemberResult[];
    }
  /** The pack has ended without results; its thread is free. A failure is counted for each trial. */
  | {
      readonly kind: 'pack-failed';
      readonly pack: string;
      readonly outcome: 'crashed' | 'timeout';
      readonly reason: string;
    }
  /** The pack has ended without results; its thread is free. No failure is counted. */
  | { readonly kind: 'pack-returned'; readonly pack: string; readonly reason: string }
  /** The data set was fetched and verified, and is in memory. */
  | { readonly kind: 'dataset-ready'; readonly dataset: string }
  | { readonly kind: 'dataset-failed'; readonly dataset: string; readonly reason: string }
  /** The worker accepts no more packs and leaves when its threads are free. */
  | { readonly kind: 'draining' };

/** A pack for one thread. */
export interface Assignment {
  readonly pack: string;
  readonly study: string;
  readonly seed: number;
  readonly replicate: number;
  readonly settings: TrainerSettings;
  /** `datasetKey` of a data set that the worker has in memory. */
  readonly dataset: string;
  readonly kind: AttemptKind;
  /** Whether the test split is measured at the last step. */
  readonly measureTest: boolean;
  /** 1 to 8 trials, which differ in their parameters only. */
  readonly members: readonly { readonly key: AttemptKey; readonly params: Params }[];
}

/** What the coordinator did with a result. After `accepted` and `duplicate` it is stored. */
export type Answer = 'accepted' | 'duplicate' | 'disputed' | 'cancelled' | 'unknown';

export type CoordinatorMessage =
  | {
      readonly kind: 'welcome';
      /** Name of the worker in tables: its own, or with a number if another worker has that name. */
      readonly name: string;
      readonly leaseMs: number;
      readonly heartbeatMs: number;
      /** Version of the coordinator's program. */
      readonly version: string;
      /** The correct digest of the arithmetic self-test. */
      readonly selfTestDigest: string;
    }
  /** Load this data set. The worker answers with `dataset-ready` or `dataset-failed`. */
  | { readonly kind: 'prepare'; readonly dataset: string; readonly reference: DatasetReference }
  | { readonly kind: 'assign'; readonly assignment: Assignment }
  /** Stop this pack at once. The worker answers with `pack-returned`. */
  | { readonly kind: 'abort'; readonly pack: string; readonly reason: string }
  | { readonly kind: 'answer'; readonly key: AttemptKey; readonly answer: Answer }
  /** Finish the running packs, accept no more, and leave. */
  | { readonly kind: 'drain'; readonly reason: string };
