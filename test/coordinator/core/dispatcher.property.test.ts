/** Random histories of joins, losses, completions and duplicates. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dispatcher } from '../../../src/coordinator/core/dispatcher.ts';
import type { Moment, StudyData } from '../../../src/coordinator/core/state/cluster-state.ts';
import type { Decision } from '../../../src/coordinator/core/state/turn.ts';
import type {
  Assignment,
  CoordinatorMessage,
  Hello,
  MemberResult,
  WorkerMessage,
} from '../../../src/rpc/messages/messages.ts';
import { storedProgress, studyProgress } from '../../../src/coordinator/core/studies/summaries.ts';
import { trialName } from '../../../src/study/trial.ts';
import { ModelStore } from '../../simulation/model-store.ts';
import {
  correctResult,
  simulatedTrainer,
  trainRecords,
  validationImages,
} from '../../simulation/simulated-results.ts';
import { datasetKey } from '../../../src/study/spec/dataset-reference.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import {
  data as exampleData,
  details,
  helloFrom,
  later,
  peerFrom,
  restored,
  settings,
} from '../support/small-cluster.ts';

const study = exampleStudy({ trainer: simulatedTrainer });
const data: StudyData = {
  ...exampleData,
  search: { ...exampleData.search, train: { count: trainRecords } },
  validationCount: validationImages,
};

/** One event; `pick` chooses among the packs there are. */
type Step =
  | { readonly kind: 'join' | 'close' | 'restart' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'finish' | 'crash' | 'return' | 'repeat'; readonly pick: number };

const pick = fc.nat(1_000);
const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('join' as const, 'close' as const) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'finish' as const,
          'crash' as const,
          'return' as const,
          'repeat' as const,
        ),
        pick,
      }),
    },
  ),
  { maxLength: 120 },
);

class Cluster {
  readonly store = new ModelStore();
  readonly answers: string[] = [];
  #nowMs = 0;
  dispatcher = new Dispatcher(settings, [], new Map(), this.now());
  #born = 0;
  #sessions: string[] = [];
  /** All packs that were assigned, and whether they still run. */
  readonly #packs: {
    readonly session: string;
    readonly assignment: Assignment;
    running: boolean;
  }[] = [];

  now(): Moment {
    return later(this.#nowMs);
  }

  submit(): void {
    this.#apply(this.dispatcher.submit(study, data, details, this.now()));
  }

  perform(step: Step): void {
    switch (step.kind) {
      case 'join':
        return this.join();
      case 'close': {
        const session = this.#sessions.shift();
        if (session !== undefined)
          this.#apply(this.dispatcher.streamClosed(session, 'cut', this.now()));
        return;
      }
      case 'restart': {
        this.#sessions = [];
        const stored = [...this.store.studies.values()].map(({ record }) =>
          restored(
            { ...record },
            {
              data,
              trials: this.store.trials(record.spec.study),
              attempts: this.store.attempts(record.spec.study),
            },
          ),
        );
        this.dispatcher = new Dispatcher(settings, stored, this.store.excluded, this.now());
        return;
      }
      case 'wait':
        // In small steps: after a long one, the dispatcher extends all deadlines.
        for (let leftMs = step.ms; leftMs > 0; leftMs -= 500) {
          this.#nowMs += Math.min(500, leftMs);
          this.#apply(this.dispatcher.tick(this.now()));
        }
        return;
      case 'finish':
      case 'crash':
      case 'return': {
        const running = this.#packs.filter(
          (pack) => pack.running && this.#sessions.includes(pack.session),
        );
        const pack = running[step.pick % Math.max(1, running.length)];
        if (pack === undefined) return;
        pack.running = false;
        return this.#report(pack.session, endMessage(step.kind, pack.assignment));
      }
      case 'repeat': {
        const ended = this.#packs.filter(
          (pack) => !pack.running && this.#sessions.includes(pack.session),
        );
        const pack = ended[step.pick % Math.max(1, ended.length)];
        if (pack !== undefined) this.#report(pack.session, endMessage('finish', pack.assignment));
      }
    }
  }

  join(): void {
    const session = `s${this.#born++}`;
    const name = `w${this.#born % 3}`;
    const hello = helloFrom(session, {
      name,
      threads: 2,
      packMax: 3,
      datasets: [datasetKey(data.search)],
    });
    this.#sessions.push(session);
    this.#apply(this.dispatcher.joined(hello, peerFrom(session), this.now()));
  }

  /** The progress counted in memory is that of the trials in the store. */
  checkProgress(): void {
    const study = this.dispatcher.state.studies.get('example');
    if (study === undefined) return;
    const trials = this.store.trials('example');
    const running = trials.filter(({ status }) => status === 'running').length;
    const { record } = this.store.study('example');
    const { testing: _testing, ...stored } = storedProgress(record, trials);
    expect(studyProgress(study)).toMatchObject({ ...stored, running });
  }

  #report(session: string, message: Exclude<WorkerMessage, Hello>): void {
    if (this.dispatcher.state.workers.has(session))
      this.#apply(this.dispatcher.received(session, message, this.now()));
  }

  #apply({ persist, afterCommit }: Decision): void {
    this.store.commit(persist);
    for (const effect of afterCommit)
      if (effect.kind === 'send') this.#receive(effect.session, effect.message);
  }

  #receive(session: string, message: CoordinatorMessage): void {
    if (message.kind === 'assign')
      this.#packs.push({ session, assignment: message.assignment, running: true });
    if (message.kind === 'answer') this.answers.push(message.answer);
  }
}

function endMessage(
  kind: 'finish' | 'crash' | 'return',
  { pack, members }: Assignment,
): Exclude<WorkerMessage, Hello> {
  if (kind === 'crash')
    return { kind: 'pack-failed', pack, outcome: 'crashed', reason: 'out of memory' };
  if (kind === 'return') return { kind: 'pack-returned', pack, reason: 'draining' };
  const results: MemberResult[] = members.map(({ key, params }) => ({
    key,
    passed: null,
    result: correctResult(key.trial, params, false),
  }));
  return { kind: 'pack-ended', pack, results };
}

test('the dispatcher ends every trial exactly once, for any order of events', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const cluster = new Cluster();
      cluster.submit();
      for (const step of history) {
        cluster.perform(step);
        cluster.checkProgress();
      }
      // Nothing fails from here on: one worker finishes all its packs.
      cluster.join();
      for (
        let round = 0;
        round < 400 && cluster.store.studies.get('example')?.record.status !== 'complete';
        round++
      ) {
        if (cluster.store.studies.get('example')?.record.status === 'failed') break;
        cluster.perform({ kind: 'wait', ms: 1_000 });
        cluster.perform({ kind: 'finish', pick: round });
      }
      const study = cluster.store.study('example').record;
      expect(['complete', 'failed']).toContain(study.status);
      const trials = cluster.store.trials('example');
      expect(
        trials.every((trial) => trial.status === 'complete' || trial.status === 'failed'),
      ).toBe(true);
      for (const trial of trials) {
        const attempts = cluster.store
          .attempts('example')
          .filter((attempt) => trialName(attempt.trial) === trialName(trial.id));
        const counted = attempts.filter(
          ({ outcome }) => outcome === 'accepted' || outcome === 'diverged',
        );
        expect(counted.length).toBeLessThanOrEqual(1);
        expect(trial.failures).toBeLessThanOrEqual(3);
        if (trial.result === null) expect(trial.failures).toBe(3);
      }
      expect(
        new Set(cluster.answers).isSubsetOf(
          new Set(['accepted', 'duplicate', 'cancelled', 'unknown']),
        ),
      ).toBe(true);
    }),
    { numRuns: 120 },
  );
});
