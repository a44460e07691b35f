/** Failing clusters: workers that fail, die and come back, driven through a dispatcher with its own clock. */
import type { TrialEntry } from '../../../src/coordinator/core/state/trial-state.ts';
import type { Decision } from '../../../src/coordinator/core/state/turn.ts';
import type { Assignment, Hello } from '../../../src/rpc/messages/messages.ts';
import { parseTrialName, type AttemptOutcome } from '../../../src/study/trial.ts';
import { exampleStudy, twoStages } from '../../study/support/example-study.ts';
import {
  completeResult,
  data,
  dataset,
  details,
  helloFrom,
  later,
  newDispatcher,
  noticesIn,
  packsIn,
  rowsIn,
} from './small-cluster.ts';

const tickMs = 200;

/** A study of `trials` trials, and workers that only do what a test says. */
export class FailingCluster {
  readonly dispatcher = newDispatcher();
  /** Reasons of workers that back off. */
  readonly backedOff: string[] = [];
  /** Reasons of workers on which everything has failed. */
  readonly unusable: string[] = [];
  nowMs = 0;
  /** Packs that were assigned and have not ended, by session. */
  readonly #packs = new Map<string, Map<string, Assignment>>();
  readonly #closed: {
    readonly name: string;
    readonly outcome: AttemptOutcome;
    readonly reason: string;
  }[] = [];
  #processes = 0;

  constructor(trials: number) {
    const spec = exampleStudy({ stages: twoStages(trials, 3) });
    this.#follow(this.dispatcher.submit(spec, data, details, later(this.nowMs)));
  }

  /** A worker process joins. @returns its session */
  join(name: string, changes: Partial<Hello> = {}, host = name): string {
    const session = `${name}-${++this.#processes}`;
    const hello = helloFrom(session, { name, machineId: name, datasets: [dataset], ...changes });
    const peer = { address: `${host}:${this.#processes}`, tokenId: session };
    this.#follow(this.dispatcher.joined(hello, peer, later(this.nowMs)));
    return session;
  }

  packs(session: string): Assignment[] {
    return [...(this.#packs.get(session)?.values() ?? [])];
  }

  /** Names of the trials that the session trains. */
  trains(session: string): string[] {
    return this.packs(session).flatMap(({ members }) =>
      members.map(({ key }) => `${key.trial.stage}/${key.trial.index}`),
    );
  }

  /** Time passes until the session has a pack. */
  waitForPack(session: string): Assignment {
    for (let ticks = 0; ticks < 10_000; ticks++) {
      const [pack] = this.packs(session);
      if (pack !== undefined) return pack;
      this.wait(tickMs);
    }
    throw new Error(`${session} receives a pack`);
  }

  /** @param sessions send heartbeats, with the progress of their packs */
  wait(ms: number, sessions: Readonly<Record<string, number>> = {}): void {
    for (let left = ms; left > 0; left -= tickMs) {
      this.nowMs += Math.min(left, tickMs);
      for (const [session, step] of Object.entries(sessions)) {
        const packs = this.packs(session).map(({ pack }) => ({ pack, step }));
        this.#follow(
          this.dispatcher.received(session, { kind: 'heartbeat', packs }, later(this.nowMs)),
        );
      }
      this.#follow(this.dispatcher.tick(later(this.nowMs)));
    }
  }

  /** A heartbeat with the progress of each pack, and some time. */
  progress(session: string, steps: Readonly<Record<string, number>>, ms: number): void {
    const packs = Object.entries(steps).map(([pack, step]) => ({ pack, step }));
    const beat = { kind: 'heartbeat', packs } as const;
    this.#follow(this.dispatcher.received(session, beat, later(this.nowMs)));
    this.wait(ms);
  }

  crash(session: string, { pack } = this.waitForPack(session)): void {
    const failed = { kind: 'pack-failed', pack, outcome: 'crashed', reason: 'no memory' } as const;
    this.#packs.get(session)?.delete(pack);
    this.#follow(this.dispatcher.received(session, failed, later(this.nowMs)));
  }

  finish(session: string, { pack, members } = this.waitForPack(session)): void {
    const results = members.map(({ key }) => ({ key, passed: null, result: completeResult() }));
    this.#packs.get(session)?.delete(pack);
    const ended = { kind: 'pack-ended', pack, results } as const;
    this.#follow(this.dispatcher.received(session, ended, later(this.nowMs)));
  }

  /** The stream closes, and no worker returns in time. */
  cut(session: string): void {
    this.#packs.delete(session);
    this.#follow(this.dispatcher.streamClosed(session, 'cut', later(this.nowMs)));
    this.wait(1_200);
  }

  trial(name: string): TrialEntry | undefined {
    const id = parseTrialName(name);
    const { trials } = this.dispatcher.state.studies.get('example') ?? {};
    return id === null ? undefined : trials?.get(id);
  }

  status(trial: string): string {
    return this.trial(trial)?.status ?? 'unknown';
  }

  failures(trial: string): number {
    return this.trial(trial)?.failures ?? 0;
  }

  /** `lost`, `crashed`, …: how the attempts of a trial ended. */
  outcomes(trial: string): string[] {
    return this.#closed.filter(({ name }) => name === trial).map(({ outcome }) => outcome);
  }

  reasons(trial: string): string[] {
    return this.#closed.filter(({ name }) => name === trial).map(({ reason }) => reason);
  }

  #follow(decision: Decision): void {
    for (const { trial, outcome, reason } of rowsIn(decision, 'attempt-closed'))
      this.#closed.push({ name: `${trial.stage}/${trial.index}`, outcome, reason: reason ?? '' });
    for (const { reason } of noticesIn(decision, 'worker-backing-off')) this.backedOff.push(reason);
    for (const { reason } of noticesIn(decision, 'worker-unusable')) this.unusable.push(reason);
    if (packsIn(decision).length === 0) return;
    for (const effect of decision.afterCommit) {
      if (effect.kind !== 'send' || effect.message.kind !== 'assign') continue;
      const { assignment } = effect.message;
      const held = this.#packs.get(effect.session) ?? new Map<string, Assignment>();
      this.#packs.set(effect.session, held.set(assignment.pack, assignment));
    }
  }
}
