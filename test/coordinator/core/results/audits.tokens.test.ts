/** Votes of audits: tokens, and the coordinator's own worker. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { DispatcherSettings } from '../../../../src/coordinator/core/state/cluster-state.ts';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import { workerSummaries } from '../../../../src/coordinator/core/studies/summaries.ts';
import type { Exclusion } from '../../../../src/study/exclusion.ts';
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
  rowsIn,
  start,
} from '../../support/small-cluster.ts';

interface Machine {
  readonly session: string;
  /** Of the worker and its machine; default: that of the session. */
  readonly name?: string;
  readonly tokenId: string;
  /** The letter of the digests that it reports. */
  readonly digest: string;
}

const honest: Machine = { session: 'honest', tokenId: 'one', digest: 'c' };
const sibling: Machine = { session: 'sibling', tokenId: 'one', digest: 'c' };
const other: Machine = { session: 'other', tokenId: 'two', digest: 'c' };
const liars: Machine[] = ['a', 'b'].map((session) => ({ session, tokenId: 'bad', digest: 'f' }));
const referee: Machine = { session: 'referee', tokenId: ownTokenId, digest: 'c' };

interface ClusterOptions extends Partial<DispatcherSettings> {
  readonly trials?: number;
  /** Share of the trials that are audited. */
  readonly random?: number;
  readonly excluded?: ReadonlyMap<string, Exclusion>;
}

/** A study whose trials are all audited, and workers that answer every assignment at once. */
class Cluster {
  readonly dispatcher: Dispatcher;
  readonly kinds: string[] = [];
  readonly trusted: string[] = [];
  readonly #machines = new Map<string, Machine>();
  #nowMs = 0;
  refereesWanted = 0;

  constructor(
    machines: readonly Machine[],
    { trials = 3, random = 1, excluded, ...settings }: ClusterOptions = {},
  ) {
    this.dispatcher = newDispatcher(settings, [], excluded);
    for (const machine of machines) this.join(machine);
    const stages = exampleStudy()
      .stages.slice(0, 1)
      .map((stage) => ({ ...stage, trials }));
    const spec = exampleStudy({ stages, audit: { random, top: 0 } });
    this.#perform(this.dispatcher.submit(spec, data, details, later(0)));
  }

  join(machine: Machine): void {
    const { session, tokenId, name = session } = machine;
    this.#machines.set(session, machine);
    const hello = helloFrom(session, { datasets: [dataset], name, machineId: name });
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
    for (const { machine } of rowsIn(decision, 'machine-trusted')) this.trusted.push(machine);
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

const restarted: Machine = { session: 'bad-2', name: 'bad', tokenId: 'bad', digest: 'c' };
const wrongBefore = { reason: 'its result of coarse/1 differed', machine: 'bad bad' };
const excluded = new Map([['bad-1', wrongBefore]]);

test('every result of a restarted worker that was excluded before is audited, in a study without audits too', () => {
  const cluster = new Cluster([restarted, honest], { random: 0, trials: 4, excluded });
  const { state } = cluster.dispatcher;
  const workers = [...(state.studies.get('example')?.trials.values() ?? [])].map(
    ({ worker, audit }) => [worker, audit],
  );
  expect(workers.filter(([worker]) => worker === 'bad').length).toBeGreaterThan(0);
  for (const [worker, audit] of workers) expect(audit).toBe(worker === 'bad' ? 'verified' : null);
  expect(cluster.kinds).not.toContain('bad-2 audit');
  const [bad] = workerSummaries(state, start);
  expect(bad).toMatchObject({ name: 'bad', state: 'ready' });
  expect(bad?.reason).toMatch(
    /^on probation: each of its results is audited, until 20 are verified \(now \d\), because it was excluded before \(its result of coarse\/1 differed\)$/,
  );
});

test('a worker that is alone computes its results twice after an exclusion', () => {
  const cluster = new Cluster([restarted], { random: 0, excluded });
  expect(cluster.audits).toEqual(['repeated', 'repeated', 'repeated']);
});

test('a machine on which a worker was excluded is trusted again after 20 verified results', () => {
  const cluster = new Cluster([restarted], { random: 0, trials: 30, excluded });
  const { state } = cluster.dispatcher;
  expect(cluster.audits.filter((verdict) => verdict === 'repeated')).toHaveLength(30);
  expect(state.probation.get('bad bad')?.verified).toBe(0);
  const watched = new Cluster([restarted, honest], { random: 0, trials: 80, excluded });
  expect(watched.audits.filter((verdict) => verdict === 'verified')).toHaveLength(20);
  expect(watched.trusted).toEqual(['bad bad']);
  expect(workerSummaries(watched.dispatcher.state, start)[0]).toMatchObject({ reason: null });
});
