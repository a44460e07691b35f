/** How studies share the threads of a cluster. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import type { Assignment } from '../../../../src/rpc/messages/messages.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';
import {
  completeResult,
  data,
  dataset,
  details,
  helloFrom,
  later,
  messagesIn,
  newDispatcher,
  peerFrom,
  start,
} from '../../support/small-cluster.ts';

interface Pack {
  readonly session: string;
  readonly assignment: Assignment;
  readonly endMs: number;
}

/** Duration of a pack by study. */
type PackMs = Readonly<Record<string, number>>;

/** Workers of one thread each, with packs of one trial that take simulated time. */
class Cluster {
  readonly dispatcher: Dispatcher = newDispatcher();
  nowMs = 0;
  readonly #packMs: PackMs;
  #running: Pack[] = [];

  constructor(threads: number, packMs: PackMs) {
    this.#packMs = packMs;
    for (let index = 0; index < threads; index++) {
      const session = `w${index}`;
      this.dispatcher.joined(helloFrom(session, { datasets: [dataset] }), peerFrom(session), start);
    }
  }

  submit(study: string, trials: number, priority = 1): void {
    const spec = exampleStudy({ study, stages: twoStages(trials, 3) });
    const weighted = { ...details, priority };
    this.change((dispatcher) => dispatcher.submit(spec, data, weighted, later(this.nowMs)));
  }

  /** Ends packs in the order of their ends, until the time. @returns the studies of the packs that ended */
  runUntil(ms: number): string[] {
    const ended: string[] = [];
    for (;;) {
      const pack = this.#running.toSorted((a, b) => a.endMs - b.endMs)[0];
      if (pack === undefined || pack.endMs > ms) break;
      this.nowMs = pack.endMs;
      ended.push(pack.assignment.study);
      this.#running = this.#running.filter((other) => other !== pack);
      const { members, pack: id } = pack.assignment;
      const results = members.map(({ key }) => ({ key, passed: null, result: completeResult() }));
      const message = { kind: 'pack-ended', pack: id, results } as const;
      this.#take(this.dispatcher.received(pack.session, message, later(this.nowMs)));
    }
    this.nowMs = ms;
    return ended;
  }

  /** Threads that train now, by study. */
  threads(study: string): number {
    return this.#running.filter(({ assignment }) => assignment.study === study).length;
  }

  change(event: (dispatcher: Dispatcher) => Decision): void {
    this.#take(event(this.dispatcher));
  }

  #take(decision: Decision): void {
    for (const { assignment } of messagesIn(decision, 'assign')) {
      const busy = new Set(this.#running.map(({ session }) => session));
      const holder = this.dispatcher.state.packs.get(assignment.pack)!.session;
      expect(busy.has(holder)).toBe(false);
      const endMs = this.nowMs + (this.#packMs[assignment.study] ?? 1_000);
      this.#running.push({ session: holder, assignment, endMs });
    }
  }
}

const count = (ended: readonly string[], study: string): number =>
  ended.filter((one) => one === study).length;

test('a study of 10 trials does not wait for one of 10,000 trials that was submitted before it', () => {
  const cluster = new Cluster(2, { huge: 1_000, small: 1_000 });
  cluster.submit('huge', 10_000);
  cluster.runUntil(30_000);
  cluster.submit('small', 10);
  const ended = cluster.runUntil(45_000);
  expect(count(ended, 'small')).toBeGreaterThanOrEqual(10);
  expect(count(ended, 'huge')).toBeGreaterThanOrEqual(14);
});

test('studies take turns on a single thread', () => {
  const cluster = new Cluster(1, {});
  cluster.submit('one', 20);
  cluster.submit('two', 20);
  cluster.submit('three', 20);
  const ended = cluster.runUntil(18_000);
  for (const study of ['one', 'two', 'three'])
    expect(count(ended, study), study).toBeGreaterThanOrEqual(5);
});

test('a study with three times the priority has three times the thread time, on one thread and on eight', () => {
  for (const threads of [1, 8]) {
    const cluster = new Cluster(threads, {});
    cluster.submit('one', 1_000, 3);
    cluster.submit('two', 1_000);
    const ended = cluster.runUntil(100_000);
    expect(count(ended, 'one') / count(ended, 'two')).toBeCloseTo(3, 0);
  }
});

test('a new priority of a study counts from then on', () => {
  const cluster = new Cluster(4, {});
  cluster.submit('one', 1_000);
  cluster.submit('two', 1_000);
  cluster.runUntil(50_000);
  cluster.change((dispatcher) => dispatcher.setPriority('two', 3, later(cluster.nowMs)));
  const ended = cluster.runUntil(150_000);
  expect(count(ended, 'two') / count(ended, 'one')).toBeCloseTo(3, 0);
});

test('long packs of one study leave half of the threads to a study with short packs', () => {
  const cluster = new Cluster(4, { long: 600_000, short: 1_000 });
  cluster.submit('short', 1_000);
  cluster.submit('long', 1_000);
  for (let ms = 1_000; ms <= 1_200_000; ms += 10_000) {
    cluster.runUntil(ms);
    expect(cluster.threads('short'), `${ms} ms`).toBeGreaterThanOrEqual(
      cluster.dispatcher.state.studies.get('short')!.stages[0]!.open > 4 ? 2 : 0,
    );
  }
});

test('threads that one study cannot use are used by the others', () => {
  const cluster = new Cluster(4, {});
  cluster.submit('one', 1);
  cluster.submit('two', 100);
  expect([cluster.threads('one'), cluster.threads('two')]).toEqual([1, 3]);
});

test('a study that was paused does not catch up afterwards', () => {
  const cluster = new Cluster(1, {});
  cluster.submit('one', 1_000);
  cluster.submit('two', 1_000);
  cluster.runUntil(10_000);
  cluster.change((dispatcher) => dispatcher.pause('two', later(cluster.nowMs)));
  cluster.runUntil(200_000);
  cluster.change((dispatcher) => dispatcher.resume('two', later(cluster.nowMs)));
  const ended = cluster.runUntil(220_000);
  expect(count(ended, 'one')).toBeGreaterThanOrEqual(9);
  expect(count(ended, 'two')).toBeGreaterThanOrEqual(8);
});

test('a study that worked alone before does not wait for a new one to catch up', () => {
  const cluster = new Cluster(1, {});
  cluster.submit('one', 10_000);
  cluster.runUntil(1_000_000);
  cluster.submit('two', 1_000);
  const ended = cluster.runUntil(1_020_000);
  expect(count(ended, 'one')).toBeGreaterThanOrEqual(9);
  expect(count(ended, 'two')).toBeGreaterThanOrEqual(8);
});
