/** Tests of the winner that fail, or give another result than the stored one. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { StudyEntry } from '../../../../src/coordinator/core/state/cluster-state.ts';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import { retriedTrials } from '../../../../src/coordinator/shell/retried-trials.ts';
import { datasetKey } from '../../../../src/study/spec/dataset-reference.ts';
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
  reference,
} from '../../support/small-cluster.ts';

const testReference = { ...reference, test: { count: 300 } };
const datasets = [dataset, datasetKey(testReference)];

/** The letter of the digests of a machine's search results and tests; no test: it crashes. */
interface Machine {
  readonly session: string;
  readonly search: string;
  readonly test: string | null;
}

/** A study of three trials whose winner is tested; each session has its own token. */
class Cluster {
  readonly dispatcher: Dispatcher = newDispatcher({ hasReferee: true });
  readonly kinds: string[] = [];
  readonly #machines = new Map<string, Machine>();
  #nowMs = 0;
  refereesWanted = 0;

  constructor(...machines: readonly Machine[]) {
    for (const machine of machines) this.join(machine);
    const stages = exampleStudy()
      .stages.slice(0, 1)
      .map((stage) => ({ ...stage, trials: 3 }));
    const spec = exampleStudy({ stages, test: 'winner' });
    this.perform(this.dispatcher.submit(spec, { ...data, test: testReference }, details, later(0)));
  }

  join(machine: Machine, tokenId = machine.session): void {
    const { session } = machine;
    this.#machines.set(session, machine);
    const peer = { address: session, tokenId };
    this.perform(
      this.dispatcher.joined(helloFrom(session, { datasets }), peer, later(this.#nowMs)),
    );
  }

  wait(ms: number): void {
    for (const untilMs = this.#nowMs + ms; this.#nowMs < untilMs;) {
      this.#nowMs += 500;
      this.perform(this.dispatcher.tick(later(this.#nowMs)));
    }
  }

  retry(): number {
    const trials = retriedTrials(this.study, null);
    this.perform(this.dispatcher.retry('example', trials, later(this.#nowMs)));
    return trials.length;
  }

  get study(): StudyEntry {
    return this.dispatcher.state.studies.get('example')!;
  }

  get excluded(): string[] {
    return [...this.dispatcher.state.excluded.keys()];
  }

  perform(decision: Decision): void {
    this.refereesWanted += noticesIn(decision, 'referee-wanted').length;
    for (const effect of decision.afterCommit) {
      if (effect.kind !== 'send' || effect.message.kind !== 'assign') continue;
      const { session, message } = effect;
      const { pack, kind, members, measureTest } = message.assignment;
      this.kinds.push(`${session} ${kind}`);
      const machine = this.#machines.get(session)!;
      const letter = kind === 'test' ? machine.test : machine.search;
      const report =
        letter === null
          ? ({ kind: 'pack-failed', pack, outcome: 'crashed', reason: 'boom' } as const)
          : ({
              kind: 'pack-ended',
              pack,
              results: members.map(({ key }) => ({
                key,
                passed: null,
                result: resultOf(letter, measureTest),
              })),
            } as const);
      this.perform(this.dispatcher.received(session, report, later(this.#nowMs)));
    }
  }
}

function resultOf(letter: string, isTest: boolean) {
  const result = completeResult(letter.repeat(64));
  const curve = result.curve.map((point, index) =>
    isTest && index === result.curve.length - 1
      ? { ...point, metrics: { ...point.metrics, test_accuracy: 0.25, test_loss: 2 } }
      : point,
  );
  return { ...result, curve };
}

const trainer: Machine = { session: 'trainer', search: 'c', test: 'c' };
const liar: Machine = { session: 'liar', search: 'c', test: 'f' };
const referee: Machine = { session: 'referee', search: 'c', test: 'c' };

/** `trainer` trains all trials, and `tester` joins for the test. */
function contested(tester: Machine, trained: Machine = trainer): Cluster {
  const cluster = new Cluster();
  cluster.join({ ...trained, test: null });
  // The only worker tests its own trial; it crashes, and the other one takes over.
  cluster.join(tester);
  cluster.wait(30_000);
  return cluster;
}

test('a test of the winner with another result waits for the worker of the coordinator, which excludes the wrong tester', () => {
  const cluster = contested(liar);
  expect(cluster.kinds).toContain('liar test');
  expect(cluster.refereesWanted).toBe(1);
  expect([cluster.study.status, cluster.study.winner?.reproduced]).toEqual(['running', null]);
  cluster.join(referee, ownTokenId);
  expect(cluster.kinds.at(-1)).toBe('referee test');
  expect(cluster.study.status).toBe('complete');
  expect(cluster.study.winner).toMatchObject({
    reproduced: true,
    testAccuracy: 0.25,
    testWorker: 'referee',
  });
  expect(cluster.excluded).toEqual(['liar']);
});

test('if the worker of the coordinator contradicts the stored result, the worker that trained the winner is excluded', () => {
  const cluster = contested({ ...liar, test: 'c' }, { ...trainer, search: 'f' });
  cluster.join(referee, ownTokenId);
  expect(cluster.study.status).toBe('complete');
  expect(cluster.study.winner?.reproduced).toBe(false);
  expect(cluster.excluded).toEqual(['trainer']);
});

test('without the worker of the coordinator, a contradicted winner is reported as not reproduced after a while', () => {
  const cluster = contested(liar);
  expect(cluster.study.status).toBe('running');
  cluster.wait(61_000);
  expect(cluster.study.status).toBe('complete');
  expect(cluster.study.winner).toMatchObject({ reproduced: false, testWorker: 'liar' });
  expect(cluster.excluded).toEqual([]);
});

test('a retry gives a winner whose test failed new attempts', () => {
  const cluster = new Cluster({ ...trainer, test: null });
  cluster.wait(120_000);
  expect(cluster.study.status).toBe('complete');
  expect(cluster.study.winner).toMatchObject({ reproduced: null, testAccuracy: null });
  cluster.join({ ...trainer, session: 'mended' });
  expect(cluster.retry()).toBe(0);
  cluster.wait(120_000);
  expect(cluster.study.status).toBe('complete');
  expect(cluster.study.winner).toMatchObject({ reproduced: true, testWorker: 'mended' });
});
