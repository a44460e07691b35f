/**
 * Messages of a session between a coordinator and a worker: the fields of each, with their limits. The
 * types of messages are derived from these declarations. `proto/ridgeline/v1` has the same fields.
 *
 * Work is assigned in packs: trials trained side by side in one thread. A pack is assigned, runs, ends,
 * is returned or is aborted as a whole. Its trials are fenced one by one with an `AttemptKey`.
 */
import { attemptLogMax } from '../../study/attempt-log.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import * as wire from '../generated/ridgeline/v1/cluster_service.ts';
import { measurement } from './curve-codec.ts';
import { datasetReference, params, trialResult } from './trial-messages.ts';
import {
  digest,
  list,
  name,
  optional,
  plain,
  reason,
  record,
  safeInteger,
  textUpTo,
  trialId,
  union,
  whole,
  wireLimits,
  words,
  type ValueFrom,
} from './wire-codec.ts';

/** Raised when an older peer would misread a message. Peers of different versions reject each other. */
export const protocolVersion = 2;

const dayMs = 86_400_000;

/** The fencing token: names one attempt to train one trial. */
export const key = record({ study: name, trial: trialId, attempt: whole(1) });
export type AttemptKey = ValueFrom<typeof key>;

/** `step` is a counter that grows while the pack is trained. */
const packProgress = record({ pack: name, step: whole(0) });
export type PackProgress = ValueFrom<typeof packProgress>;
const packs = list(packProgress, 0, wireLimits.heldPacks);

/** The first message of every stream. */
const hello = record({
  protocol: whole(0),
  /** Version of the worker's program, for error messages. */
  version: name,
  /** Random name of the worker process; the same on all its streams. */
  session: name,
  name,
  threads: whole(1, wireLimits.threads),
  /** The most trials that the worker accepts in one pack. */
  packMax: whole(1, wireLimits.packMembers),
  /** The arithmetic kernel, for people: `native avx2`. */
  kernel: name,
  /** The model of the processor, for people; `unknown` if the system does not name it. */
  processor: name,
  selfTestDigest: digest,
  /** Packs that the worker still holds from an earlier stream. */
  held: packs,
  /** `datasetKey` of each data set in memory. */
  datasets: list(name, 0, wireLimits.datasets),
  /** Random id that the worker's machine keeps; the same for all workers of the machine. */
  machineId: name,
  /** Programs of users that the worker runs (`study/program-needs.ts`). */
  allowed: list(name, 0, wireLimits.allowed),
  /** Number of such programs at once. */
  slots: whole(1, wireLimits.threads),
  /** Memory of the worker's machine, or of its container, in bytes; 0: unknown. */
  memory: safeInteger(),
  /** Stages for which the worker keeps states of trials at rungs. */
  kept: list(record({ study: name, stage: name }), 0, wireLimits.keptStages),
});

const rung = record({ step: whole(1), digest });
/** A trial at a rung. `digest`: of its parameters after `step`. */
export type Rung = ValueFrom<typeof rung>;

/** A state at a rung that can be fetched, by the digest of its content. `fingerprint`: of the result there. */
const uploadedState = record({ digest, fingerprint: digest });
export type UploadedState = ValueFrom<typeof uploadedState>;

const memberResult = record({
  key,
  /** `seconds` counts this attempt only. */
  result: trialResult,
  /** The rung of its member, as the attempt has passed it from the first step; null: it continued from there. */
  passed: optional(rung),
});
export type MemberResult = ValueFrom<typeof memberResult>;

export const workerMessages = union({
  hello,
  heartbeat: record({ packs }),
  /** An intermediate measurement, for progress displays. */
  measured: record({ key, measurement }),
  /** What the program of an attempt has printed (`study/attempt-log.ts`); sent before the end of its pack. */
  'attempt-log': record({ pack: name, key, text: textUpTo(attemptLogMax) }),
  /** The pack has ended with a result for every trial; its thread is free. */
  'pack-ended': record({ pack: name, results: list(memberResult, 1, wireLimits.packMembers) }),
  /** The pack has ended without results; its thread is free. A failure is counted for each trial. */
  'pack-failed': record({
    pack: name,
    outcome: words({
      crashed: wire.PackFailure.PACK_FAILURE_CRASHED,
      timeout: wire.PackFailure.PACK_FAILURE_TIMEOUT,
    }),
    reason,
  }),
  /** The pack has ended without results; its thread is free. No failure is counted. */
  'pack-returned': record({ pack: name, reason }),
  /** The data set was fetched and verified, and is in memory. */
  'dataset-ready': record({ dataset: name }),
  'dataset-failed': record({ dataset: name, reason }),
  /**
   * The worker accepts no more packs and leaves when its threads are free. `held`: packs that run or whose
   * results are unanswered; every other pack has not reached it, and counts as returned.
   */
  draining: record({ held: list(name, 0, wireLimits.heldPacks), reason }),
});
export type WorkerMessage = ValueFrom<typeof workerMessages>;
export type Hello = Extract<WorkerMessage, { readonly kind: 'hello' }>;

/** A pack for one thread, with its settings as text. */
const assignment = record({
  pack: name,
  study: name,
  seed: safeInteger(),
  replicate: whole(1),
  settings: textUpTo(wireLimits.settingsCharacters),
  /** `datasetKey` of a data set that the worker has in memory. */
  dataset: name,
  kind: words({
    search: wire.AttemptKind.ATTEMPT_KIND_SEARCH,
    test: wire.AttemptKind.ATTEMPT_KIND_TEST,
    audit: wire.AttemptKind.ATTEMPT_KIND_AUDIT,
  }),
  /** Whether the test split is measured at the last step. */
  measureTest: plain<boolean>(),
  /** They differ in their parameters only. `rung`: the last one that the trial has reached; null: none. */
  members: list(
    record({ key, params, rung: optional(rung), state: optional(uploadedState) }),
    1,
    wireLimits.packMembers,
  ),
  /** Step at which the training ends; 0: the last one. Otherwise the worker keeps the states. */
  toStep: whole(0),
});
export type WireAssignment = ValueFrom<typeof assignment>;

/** A pack for one thread. */
export interface Assignment extends Omit<WireAssignment, 'settings'> {
  readonly settings: TrainerSettings;
}

/** What the coordinator did with a result. After `accepted` and `duplicate` it is stored. */
const answer = words({
  accepted: wire.ResultAnswer.RESULT_ANSWER_ACCEPTED,
  duplicate: wire.ResultAnswer.RESULT_ANSWER_DUPLICATE,
  disputed: wire.ResultAnswer.RESULT_ANSWER_DISPUTED,
  cancelled: wire.ResultAnswer.RESULT_ANSWER_CANCELLED,
  unknown: wire.ResultAnswer.RESULT_ANSWER_UNKNOWN,
});
export type Answer = ValueFrom<typeof answer>;

export const coordinatorMessages = union({
  welcome: record({
    /** Name of the worker in tables: its own, or with a number if another worker has that name. */
    name,
    leaseMs: whole(1, dayMs),
    heartbeatMs: whole(1, dayMs),
    /** Version of the coordinator's program. */
    version: name,
    /** The correct digest of the arithmetic self-test. */
    selfTestDigest: digest,
  }),
  /** Load this data set. The worker answers with `dataset-ready` or `dataset-failed`. */
  prepare: record({ dataset: name, reference: datasetReference }),
  assign: {
    write: (value: { readonly assignment: WireAssignment }) => assignment.write(value.assignment),
    read: (from: wire.Assign | undefined, field: string) => ({
      assignment: assignment.read(from, field),
    }),
  },
  /** Stop this pack at once. The worker answers with `pack-returned`. */
  abort: record({ pack: name, reason }),
  answer: record({ key, answer }),
  /** Finish the running packs, accept no more, and leave. */
  drain: record({ reason }),
  /** The stage has closed, or its study is over: drop the states of its trials. */
  release: record({ study: name, stage: name }),
});
type WireMessage = ValueFrom<typeof coordinatorMessages>;
export type CoordinatorMessage =
  | Exclude<WireMessage, { readonly kind: 'assign' }>
  | { readonly kind: 'assign'; readonly assignment: Assignment };
