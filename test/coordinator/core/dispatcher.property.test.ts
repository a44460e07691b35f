/** Any order of joins, losses, completions and duplicates ends every trial exactly once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dispatcher } from '../../../src/coordinator/core/dispatcher.ts';
import type {
  Decision,
  Moment,
  StudyData,
} from '../../../src/coordinator/core/state/cluster-state.ts';
import type {
  Assignment,
  CoordinatorMessage,
  Hello,
  MemberResult,
  WorkerMessage,
} from '../../../src/rpc/messages/messages.ts';
import { storedProgress, studyProgress } from '../../../src/coordinator/core/studies/summaries.ts';
import { datasetKey } from '../../../src/study/spec/dataset-reference.ts';
import { trialName } from '../../../src/study/trial.ts';
import { ModelStore } from '../../simulation/model-store.ts';
import { settings } from '../../simulation/simulated-coordinator.ts';
import { trueImages, trueResult } from '../../simulation/truth.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import { reference } from '../support/reference.ts';

const data: StudyData = { search: reference, test: null, validationCount: trueImages };

/** What may happen, in any order; numbers choose among the workers or grants there are. */
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
  /** Everything ever granted, and whether it still runs. */
  readonly #grants: {
    readonly session: string;
    readonly assignment: Assignment;
    running: boolean;
  }[] = [];

  now(): Moment {
    return { monotonicMs: this.#nowMs, wallMs: 1.7e12 + this.#nowMs };
  }

  submit(): void {
    this.#decide(
      this.dispatcher.submit(
        exampleStudy(),
        data,
        { shardDigests: {}, officialData: null },
        this.now(),
      ),
    );
  }

  perform(step: Step): void {
    switch (step.kind) {
      case 'join':
        return this.join();
      case 'close': {
        const session = this.#sessions.shift();
        if (session !== undefined)
          this.#decide(this.dispatcher.streamClosed(session, 'cut', this.now()));
        return;
      }
      case 'restart': {
        this.#sessions = [];
        const stored = [...this.store.studies.values()].map(({ record }) => ({
          record: { ...record },
          data,
          trials: this.store.trialsOf(record.spec.study),
          attempts: this.store.attemptsOf(record.spec.study),
        }));
        this.dispatcher = new Dispatcher(settings, stored, this.store.convicted, this.now());
        return;
      }
      case 'wait':
        // In small steps: a long silence would be this coordinator's own pause.
        for (let leftMs = step.ms; leftMs > 0; leftMs -= 500) {
          this.#nowMs += Math.min(500, leftMs);
          this.#decide(this.dispatcher.tick(this.now()));
        }
        return;
      case 'finish':
      case 'crash':
      case 'return': {
        const running = this.#grants.filter(
          (grant) => grant.running && this.#sessions.includes(grant.session),
        );
        const grant = running[step.pick % Math.max(1, running.length)];
        if (grant === undefined) return;
        grant.running = false;
        return this.#say(grant.session, endOf(step.kind, grant.assignment));
      }
      case 'repeat': {
        const ended = this.#grants.filter(
          (grant) => !grant.running && this.#sessions.includes(grant.session),
        );
        const grant = ended[step.pick % Math.max(1, ended.length)];
        if (grant !== undefined) this.#say(grant.session, endOf('finish', grant.assignment));
      }
    }
  }

  join(): void {
    const session = `s${this.#born++}`;
    const hello: Hello = {
      kind: 'hello',
      protocol: 1,
      version: 'test',
      session,
      name: `w${this.#born % 3}`,
      threads: 2,
      packMax: 3,
      kernel: 'portable',
      selfTestDigest: 'right',
      held: [],
      datasets: [datasetKey(reference)],
    };
    this.#sessions.push(session);
    this.#decide(this.dispatcher.joined(hello, '127.0.0.1:1', this.now()));
  }

  /** What those who watch are told is what the store has, though it is counted as it happens. */
  checkProgress(): void {
    const study = this.dispatcher.state.studies.get('example');
    if (study === undefined) return;
    const trials = this.store.trialsOf('example');
    const running = trials.filter(({ status }) => status === 'running').length;
    const { record } = this.store.study('example');
    const { testing: _testing, ...stored } = storedProgress(record, trials);
    expect(studyProgress(study)).toMatchObject({ ...stored, running });
  }

  #say(session: string, message: Exclude<WorkerMessage, Hello>): void {
    if (this.dispatcher.state.workers.has(session))
      this.#decide(this.dispatcher.received(session, message, this.now()));
  }

  #decide({ persist, afterCommit }: Decision): void {
    this.store.commit(persist);
    for (const effect of afterCommit)
      if (effect.kind === 'send') this.#heard(effect.session, effect.message);
  }

  #heard(session: string, message: CoordinatorMessage): void {
    if (message.kind === 'assign')
      this.#grants.push({ session, assignment: message.assignment, running: true });
    if (message.kind === 'answer') this.answers.push(message.answer);
  }
}

function endOf(
  kind: 'finish' | 'crash' | 'return',
  { pack, members }: Assignment,
): Exclude<WorkerMessage, Hello> {
  if (kind === 'crash')
    return { kind: 'pack-failed', pack, outcome: 'crashed', reason: 'out of memory' };
  if (kind === 'return') return { kind: 'pack-returned', pack, reason: 'draining' };
  const results: MemberResult[] = members.map(({ key, lambda }) => ({
    key,
    result: trueResult(key.trial, lambda, false),
  }));
  return { kind: 'pack-ended', pack, results };
}

describe('the dispatcher', () => {
  test('ends every trial exactly once, whatever the order of events', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const cluster = new Cluster();
        cluster.submit();
        for (const step of history) {
          cluster.perform(step);
          cluster.checkProgress();
        }
        // From here on all goes well: one worker that finishes what it is given.
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
        const trials = cluster.store.trialsOf('example');
        expect(
          trials.every((trial) => trial.status === 'complete' || trial.status === 'failed'),
        ).toBe(true);
        for (const trial of trials) {
          const attempts = cluster.store
            .attemptsOf('example')
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
      { numRuns: 300 },
    );
  });
});
