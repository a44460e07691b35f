/**
 * Worker session: decides what to train, what to report, and when to leave. It does no I/O: messages and
 * events come in, effects go out, which `worker-node.ts` performs.
 *
 *     offline --welcome--> online --stream closed--> offline (training continues; results are kept)
 *     online --drain--> draining --nothing left to finish or report--> left
 *
 * A result is kept until the coordinator has answered for each of its trials, and sent again on every
 * new stream. The coordinator detects duplicates.
 */
import { unreachable } from '../base/assert.ts';
import {
  protocolVersion,
  type Assignment,
  type AttemptKey,
  type CoordinatorMessage,
  type Hello,
  type Rung,
  type WorkerMessage,
} from '../rpc/messages/messages.ts';
import { wireLimits } from '../rpc/messages/wire-codec.ts';
import type { DatasetReference } from '../study/spec/dataset-reference.ts';
import { trialName, type TrialResult } from '../study/trial.ts';

export interface WorkerIdentity {
  readonly session: string;
  readonly name: string;
  readonly version: string;
  readonly threads: number;
  readonly packMax: number;
  readonly kernel: string;
  /** Model of the processor; `unknown` if the system does not name it. */
  readonly processor: string;
  readonly selfTestDigest: string;
  /** Random id of the machine. */
  readonly machineId: string;
  /** Number of programs of users at once. */
  readonly slots: number;
  /** Memory of the machine, in bytes; 0: unknown. */
  readonly memory: number;
}

export type SessionEffect =
  | { readonly kind: 'send'; readonly message: WorkerMessage }
  | { readonly kind: 'train'; readonly assignment: Assignment }
  /** Terminate the thread of this pack. `packStopped` follows. */
  | { readonly kind: 'stop'; readonly pack: string; readonly reason: string }
  | { readonly kind: 'fetch'; readonly dataset: string; readonly reference: DatasetReference }
  /** Drop the states of the trials of this stage. */
  | { readonly kind: 'release'; readonly study: string; readonly stage: string }
  | { readonly kind: 'log'; readonly text: string }
  /** Close the stream and end the process: no work is left. */
  | { readonly kind: 'leave'; readonly reason: string };

/** How a pack ended without results. */
export interface PackStop {
  readonly kind: 'stopped' | 'crashed';
  readonly reason: string;
  /** What the program of the user has printed; absent: nothing. */
  readonly output?: string;
}

/** What a pack reports beside its results. */
interface PackReport {
  /** By member: the rung that it has passed from the first step; absent: none. */
  readonly passed?: readonly (Rung | null)[];
  readonly output?: string | undefined;
}

const otherDigestText =
  'the arithmetic self-test of this machine gave a different digest than expected: it receives no trials of studies with reproducible: true';

interface Report {
  /** In order; the last one ends the pack. */
  readonly messages: readonly WorkerMessage[];
  /** Names of the trials, or of the pack, for which the coordinator has not answered. */
  readonly unanswered: Set<string>;
}

export class WorkerSession {
  readonly #identity: WorkerIdentity;
  readonly #allowed: () => readonly string[];
  readonly #kept: () => Hello['kept'];
  readonly #running = new Map<string, Assignment>();
  /** Reports by pack, kept until the coordinator has received them. */
  readonly #reports = new Map<string, Report>();
  readonly #datasets = new Set<string>();
  #online = false;
  #drainReason: string | null = null;
  /** Whether the log says that a draining worker waits for the coordinator. */
  #saidWaiting = false;

  /**
   * @param allowed the programs of users that the worker runs (`study/program-needs.ts`)
   * @param kept    the stages for which it keeps states
   */
  constructor(
    identity: WorkerIdentity,
    allowed: () => readonly string[] = () => [],
    kept: () => Hello['kept'] = () => [],
  ) {
    this.#identity = identity;
    this.#allowed = allowed;
    this.#kept = kept;
  }

  /** The first message of a stream. Packs with unanswered reports count as held; the reports follow. */
  hello(progress: ReadonlyMap<string, number>): Hello {
    const held = [...this.#running.keys(), ...this.#reports.keys()];
    return {
      kind: 'hello',
      protocol: protocolVersion,
      ...this.#identity,
      held: packSteps(held, progress),
      datasets: [...this.#datasets],
      allowed: this.#allowed(),
      kept: this.#kept().slice(0, wireLimits.keptStages),
    };
  }

  received(message: CoordinatorMessage): SessionEffect[] {
    switch (message.kind) {
      case 'welcome':
        return this.#welcomed(message.selfTestDigest);
      case 'prepare': {
        const { dataset, reference } = message;
        if (this.#datasets.has(dataset)) return [send({ kind: 'dataset-ready', dataset })];
        return [{ kind: 'fetch', dataset, reference }];
      }
      case 'assign':
        return this.#assigned(message.assignment);
      case 'abort': {
        const { pack, reason } = message;
        if (this.#running.has(pack)) return [{ kind: 'stop', pack, reason }];
        return this.#reports.has(pack) ? [] : [returned(pack, reason)];
      }
      case 'answer':
        for (const [pack, report] of this.#reports) {
          report.unanswered.delete(attemptName(message.key));
          if (report.unanswered.size === 0) this.#reports.delete(pack);
        }
        return this.#leaveWhenDone();
      case 'drain':
        return this.drain(message.reason);
      case 'release':
        return [message];
      default:
        return unreachable(message);
    }
  }

  /** Progress of the running packs, for the coordinator's leases; nothing while offline. */
  heartbeat(progress: ReadonlyMap<string, number>): SessionEffect[] {
    if (!this.#online) return [];
    const packs = packSteps([...this.#running.keys()], progress);
    return [send({ kind: 'heartbeat', packs })];
  }

  packEnded(
    pack: string,
    results: readonly TrialResult[],
    { passed = [], output = '' }: PackReport = {},
  ): SessionEffect[] {
    const assignment = this.#running.get(pack);
    this.#running.delete(pack);
    if (assignment === undefined) return [];
    const members = assignment.members.flatMap(({ key }, index) => {
      const result = results[index];
      return result === undefined ? [] : [{ key, result, passed: passed[index] ?? null }];
    });
    const message = { kind: 'pack-ended', pack, results: members } as const;
    const unanswered = new Set(members.map(({ key }) => attemptName(key)));
    // bug: reports-are-not-kept
    const messages = [...outputOf(assignment, output), message];
    this.#reports.set(pack, { messages, unanswered });
    return [...this.#sendIfOnline(...messages), ...this.#leaveWhenDone()];
  }

  packStopped(pack: string, stop: PackStop): SessionEffect[] {
    const assignment = this.#running.get(pack);
    if (assignment === undefined) return [];
    this.#running.delete(pack);
    const message: WorkerMessage =
      stop.kind === 'crashed'
        ? { kind: 'pack-failed', pack, outcome: 'crashed', reason: stop.reason }
        : { kind: 'pack-returned', pack, reason: stop.reason };
    // These messages have no answer: sent once while online, kept for the next stream while offline.
    const messages = [...outputOf(assignment, stop.output ?? ''), message];
    if (!this.#online) this.#reports.set(pack, { messages, unanswered: new Set([pack]) });
    return [...this.#sendIfOnline(...messages), ...this.#leaveWhenDone()];
  }

  datasetReady(dataset: string): SessionEffect[] {
    this.#datasets.add(dataset);
    return this.#sendIfOnline({ kind: 'dataset-ready', dataset });
  }

  datasetFailed(dataset: string, reason: string): SessionEffect[] {
    return this.#sendIfOnline({ kind: 'dataset-failed', dataset, reason });
  }

  streamClosed(): SessionEffect[] {
    this.#online = false;
    return this.#leaveWhenDone();
  }

  /** Finish the running packs, accept no more, then leave. */
  drain(reason: string): SessionEffect[] {
    if (this.#drainReason !== null) return [];
    this.#drainReason = reason;
    const running = this.#running.size === 1 ? '1 pack is' : `${this.#running.size} packs are`;
    return [
      { kind: 'log', text: `leaving (${reason}): ${running} still running` },
      ...this.#sendIfOnline(this.#farewell(reason)),
      ...this.#leaveWhenDone(),
    ];
  }

  /** Stop the running packs, so that their trials are returned. */
  returnPacks(reason: string): SessionEffect[] {
    return [...this.#running.keys()].map((pack) => ({ kind: 'stop', pack, reason }));
  }

  get runningPacks(): number {
    return this.#running.size;
  }

  #welcomed(selfTestDigest: string): SessionEffect[] {
    this.#online = true;
    const effects: SessionEffect[] = [];
    if (selfTestDigest !== this.#identity.selfTestDigest) {
      effects.push({ kind: 'log', text: otherDigestText });
    }
    for (const [pack, { messages }] of this.#reports) {
      effects.push(...messages.map(send));
      if (messages.at(-1)?.kind !== 'pack-ended') this.#reports.delete(pack);
    }
    if (this.#drainReason !== null) effects.push(send(this.#farewell(this.#drainReason)));
    return [...effects, ...this.#leaveWhenDone()];
  }

  #assigned(assignment: Assignment): SessionEffect[] {
    // The assignment was sent twice: the pack is running, or its report was sent.
    if (this.#running.has(assignment.pack) || this.#reports.has(assignment.pack)) return [];
    if (this.#drainReason !== null) return [returned(assignment.pack, 'the worker is draining')];
    if (!this.#datasets.has(assignment.dataset))
      return [returned(assignment.pack, 'the worker does not have its data set in memory')];
    this.#running.set(assignment.pack, assignment);
    return [{ kind: 'train', assignment }];
  }

  /** Names all packs that this worker has: the coordinator returns the others, without a failure. */
  #farewell(reason: string): WorkerMessage {
    const held = [...this.#running.keys(), ...this.#reports.keys()];
    return { kind: 'draining', held, reason };
  }

  #leaveWhenDone(): SessionEffect[] {
    if (this.#drainReason === null || this.#running.size > 0) return [];
    if (this.#reports.size > 0) return this.#online ? [] : this.#waiting();
    return [{ kind: 'leave', reason: this.#drainReason }];
  }

  #waiting(): SessionEffect[] {
    if (this.#saidWaiting) return [];
    this.#saidWaiting = true;
    const packs = this.#reports.size === 1 ? '1 pack' : `${this.#reports.size} packs`;
    const text = `no connection to the coordinator: waiting for it, to send the results of ${packs}; a second signal (Ctrl-C) leaves without, and other workers train these trials again`;
    return [{ kind: 'log', text }];
  }

  #sendIfOnline(...messages: readonly WorkerMessage[]): SessionEffect[] {
    return this.#online ? messages.map(send) : [];
  }
}

function attemptName({ study, trial, attempt }: AttemptKey): string {
  return `${study} ${trialName(trial)}#${attempt}`;
}

/** A program trains one trial, so its output belongs to the first member. */
function outputOf({ pack, members }: Assignment, text: string): WorkerMessage[] {
  const [member] = members;
  if (text === '' || member === undefined) return [];
  return [{ kind: 'attempt-log', pack, key: member.key, text }];
}

function packSteps(packs: readonly string[], progress: ReadonlyMap<string, number>) {
  return packs.map((pack) => ({ pack, step: progress.get(pack) ?? 0 }));
}

function returned(pack: string, reason: string): SessionEffect {
  return send({ kind: 'pack-returned', pack, reason });
}

function send(message: WorkerMessage): SessionEffect {
  return { kind: 'send', message };
}
