/**
 * What coordinator and worker say to each other, as both think of it. `proto/ridgeline/v1` is the
 * wire; `wire-to-domain.ts` and `domain-to-wire.ts` are the only doors between the two.
 *
 * Every message about work names its pack: a pack is granted, runs, ends, is returned or aborted as a
 * whole on its thread; its members are fenced one by one by (trial, attempt).
 */
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { TrainerSettings } from '../../study/spec/study-spec.ts';
import type { AttemptKind, Measurement, TrialId, TrialResult } from '../../study/trial.ts';

/** Raised whenever an older peer would misunderstand: the other is refused with both numbers. */
export const protocolVersion = 1;

/** The fencing token on every message about one execution. */
export interface AttemptKey {
  readonly study: string;
  readonly trial: TrialId;
  readonly attempt: number;
}

/** A worker introduces itself; the first message of every stream. */
export interface Hello {
  readonly kind: 'hello';
  readonly protocol: number;
  /** The program's version, for messages. */
  readonly version: string;
  /** Random, new for every worker process; the same over all its streams. */
  readonly session: string;
  readonly name: string;
  readonly threads: number;
  /** The most trials it takes in one pack. */
  readonly packMax: number;
  readonly kernel: 'portable' | 'native';
  /** The digest that its arithmetic gives for the known training run. */
  readonly selfTestDigest: string;
  /** Packs still running from an earlier stream of this session, with the step each has reached. */
  readonly held: readonly PackProgress[];
  /** Data sets it has in memory, by `datasetKey`. */
  readonly datasets: readonly string[];
}

export interface PackProgress {
  readonly pack: string;
  readonly step: number;
}

export interface MemberResult {
  readonly key: AttemptKey;
  readonly result: TrialResult;
}

export type WorkerMessage =
  | Hello
  | { readonly kind: 'heartbeat'; readonly packs: readonly PackProgress[] }
  /** One member was measured: for whoever watches; the record comes with `pack-ended`. */
  | { readonly kind: 'measured'; readonly key: AttemptKey; readonly measurement: Measurement }
  /** The thread is free again; every member has a result. */
  | {
      readonly kind: 'pack-ended';
      readonly pack: string;
      readonly results: readonly MemberResult[];
    }
  /** The thread is free again without results. Charged. */
  | {
      readonly kind: 'pack-failed';
      readonly pack: string;
      readonly outcome: 'crashed' | 'timeout';
      readonly reason: string;
    }
  /** The thread is free again without results; not the trials' fault. Not charged. */
  | { readonly kind: 'pack-returned'; readonly pack: string; readonly reason: string }
  /** The data set was fetched, verified and lies in memory. */
  | { readonly kind: 'dataset-ready'; readonly dataset: string }
  | { readonly kind: 'dataset-failed'; readonly dataset: string; readonly reason: string }
  /** It takes no more work and leaves when its threads are free. */
  | { readonly kind: 'draining' };

/** Trials for one thread. */
export interface Assignment {
  readonly pack: string;
  readonly study: string;
  readonly seed: number;
  readonly replicate: number;
  readonly settings: TrainerSettings;
  /** `datasetKey` of a data set that the worker said it has. */
  readonly dataset: string;
  readonly kind: AttemptKind;
  /** Whether the test split is measured at the last step. */
  readonly measureTest: boolean;
  /** Equal in everything but λ; 1 … 8 of them. */
  readonly members: readonly { readonly key: AttemptKey; readonly lambda: number }[];
}

/** What became of a result. `accepted` and `duplicate` mean: it is in the store. */
export type Answer = 'accepted' | 'duplicate' | 'disputed' | 'cancelled' | 'unknown';

export type CoordinatorMessage =
  | {
      readonly kind: 'welcome';
      /** The name under which the tables show it: its own, or with a number when that was taken. */
      readonly name: string;
      readonly leaseMs: number;
      readonly heartbeatMs: number;
      /** The coordinator's program version. */
      readonly version: string;
      /** The one right known answer, so that a deviating worker can say so itself. */
      readonly selfTestDigest: string;
    }
  /** Get this data set ready; answered by `dataset-ready` or `dataset-failed`. */
  | { readonly kind: 'prepare'; readonly dataset: string; readonly reference: DatasetReference }
  | { readonly kind: 'assign'; readonly assignment: Assignment }
  /** Stop this pack at once; answered by `pack-returned`. */
  | { readonly kind: 'abort'; readonly pack: string; readonly reason: string }
  | { readonly kind: 'answer'; readonly key: AttemptKey; readonly answer: Answer }
  /** Finish what runs, take no more, leave. */
  | { readonly kind: 'drain'; readonly reason: string };
