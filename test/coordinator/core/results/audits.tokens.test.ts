/** Votes of audits: tokens, and the coordinator's own worker. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { DispatcherSettings } from '../../../../src/coordinator/core/state/cluster-state.ts';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import { ownTokenId } from '../../../../src/study/own-token.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import {
  completeResult,
  data,
  dataset,
  details,
  helloFrom,
  later,
  newDispatcher,
  noticesIn,
} from '../../support/small-cluster.ts';

interface Machine {
  readonly session: string;
  readonly tokenId: string;
  /** The letter of the digests that it reports. */
  readonly digest: string;
}

const honest: Machine = { session: 'honest', tokenId: 'one', digest: 'c' };
const sibling: Machine = { session: 'sibling', tokenId: 'one', digest: 'c' };
const other: Machine = { session: 'other', tokenId: 'two', digest: 'c' };
const liars: Machine[] = ['a', 'b'].map((session) => ({ session, tokenId: 'bad', digest: 'f' }));
const referee: Machine = { session: 'referee', tokenId: ownTokenId, digest: 'c' };

/** A study whose trials are all audited, and workers that answer every assignment at once. */
class Cluster {
  readonly dispatcher: Dispatcher;
  readonly kinds: string[] = [];
  readonly #machines = new Map<string, Machine>();
  #nowMs = 0;
  refereesWanted = 0;

  constructor(machines: readonly Machine[], settings: Partial<DispatcherSettings> = {}) {
    this.dispatcher = newDispatcher(settings);
    for (const machine of machines) this.join(machine);
    const stages = exampleStudy()
      .stages.slice(0, 1)
      .map((stage) => ({ ...stage, trials: 3 }));
    const spec = exampleStudy({ stages, audit: { random: 1, top: 0 } });
    this.#perform(this.dispatcher.submit(spec, data, details, later(0)));
  }

  join(machine: Machine): void {
    const { session, tokenId } = machine;
    this.#machines.set(session, machine);
    const hello = helloFrom(session, { datasets: [dataset] });
    const peer = { address: 'address', tokenId };
    this.#perform(this.dispatcher.joined(hello, peer, later(this.#nowMs)));
  }

  /** Time passes, in steps that are no pause of the coordinator. */
  wait(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.#nowMs < untilMs) {
      this.#nowMs += 500;
      this.#perform(this.dispatcher.tick(later(this.#nowMs)));
    }
  }

  get audits(): (string | null)[] {
    const trials = this.dispatcher.state.studies.get('example')?.trials.values() ?? [];
    return [...trials].map(({ audit }) => audit);
  }

  get digests(): string[] {
    const trials = this.dispatcher.state.studies.get('example')?.trials.values() ?? [];
    return [...trials].map(({ result }) => (result?.kind === 'complete' ? result.digest[0]! : ''));
  }

  #perform(decision: Decision): void {
    this.refereesWanted += noticesIn(decision, 'referee-wanted').length;
    for (const effect of decision.afterCommit) {
      if (effect.kind !== 'send' || effect.message.kind !== 'assign') continue;
      const { session, message } = effect;
      const { pack, kind, members } = message.assignment;
      this.kinds.push(`${session} ${kind}`);
      const digest = this.#machines.get(session)!.digest.repeat(64);
      const results = members.map(({ key }) => ({
        key,
        passed: null,
        result: completeResult(digest),
      }));
      const report = { kind: 'pack-ended', pack, results } as const;
      this.#perform(this.dispatcher.received(session, report, later(this.#nowMs)));
    }
  }
}

test('two workers with one token do not verify a result', () => {
  const cluster = new Cluster([honest, sibling]);
  expect(cluster.audits).toEqual(['repeated', 'repeated', 'repeated']);
});

test('two workers with two tokens verify a result', () => {
  const cluster = new Cluster([honest, other]);
  expect(cluster.audits).toEqual(['verified', 'verified', 'verified']);
});

test('one token with two sessions does not out-vote an honest worker', () => {
  const cluster = new Cluster([honest, ...liars]);
  cluster.wait(2_000);
  expect(cluster.audits).not.toContain('verified');
  expect([...cluster.dispatcher.state.excluded.keys()]).toEqual([]);
});

test('a dispute waits for the worker of the coordinator, whose result decides', () => {
  const cluster = new Cluster([honest, ...liars], { hasReferee: true });
  expect(cluster.audits).toEqual([null, null, null]);
  expect(cluster.refereesWanted).toBe(1);
  cluster.join(referee);
  // What only excluded workers have computed is computed again, by the honest one alone.
  expect(cluster.audits.map(String).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'repeated',
    'verified',
    'verified',
  ]);
  expect(cluster.digests).toEqual(['c', 'c', 'c']);
  expect([...cluster.dispatcher.state.excluded.keys()]).not.toContain('honest');
  expect(cluster.dispatcher.state.excluded.size).toBeGreaterThan(0);
  expect(cluster.kinds.filter((text) => text.startsWith('referee'))).not.toContain(
    'referee search',
  );
  expect(cluster.dispatcher.state.workers.get('referee')?.draining).toBe(true);
});

test('without the worker of the coordinator, the majority of tokens decides after a while', () => {
  const cluster = new Cluster([honest, ...liars, other], { hasReferee: true });
  cluster.wait(59_000);
  expect(cluster.audits).toEqual([null, null, null]);
  cluster.wait(2_000);
  expect(cluster.audits).toEqual(['verified', 'verified', 'verified']);
  expect(cluster.digests).toEqual(['c', 'c', 'c']);
});
