/** Packs fill threads, and the last trials of a stage are spread over them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision, Moment } from '../../../../src/coordinator/core/state/cluster-state.ts';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { Assignment, Hello, MemberResult } from '../../../../src/rpc/messages/messages.ts';
import { datasetKey } from '../../../../src/study/spec/dataset-reference.ts';
import type { StudySpec } from '../../../../src/study/spec/study-spec.ts';
import { settings } from '../../../simulation/simulated-coordinator.ts';
import { trueImages, trueResult } from '../../../simulation/truth.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { reference } from '../../support/reference.ts';

const now: Moment = { monotonicMs: 0, wallMs: 1.7e12 };

function helloOf(index: number, threads: number): Hello {
  return {
    kind: 'hello',
    protocol: 1,
    version: 'test',
    session: `s${index}`,
    name: `w${index}`,
    threads,
    packMax: 8,
    kernel: 'portable',
    selfTestDigest: 'right',
    held: [],
    datasets: [datasetKey(reference)],
  };
}

function studyOf(trials: number, hidden: number): StudySpec {
  const study = exampleStudy();
  const stages = study.stages.slice(0, 1).map((stage) => ({ ...stage, trials }));
  return { ...study, trainer: { ...study.trainer, hidden }, stages };
}

interface Grant {
  readonly session: string;
  readonly assignment: Assignment;
}

test('no thread idles while trials wait, and no pack is larger than its fair share of them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 3, max: 120 }),
      fc.constantFrom(1, 50, 150, 1000),
      fc.infiniteStream(fc.nat(100)),
      (threads, trials, hidden, choices) => {
        const dispatcher = new Dispatcher(settings, [], new Map(), now);
        const threadCount = threads.reduce((a, b) => a + b, 0);
        const running: Grant[] = [];
        const queue = { waiting: trials };
        const follow = ({ afterCommit }: Decision): void => {
          for (const effect of afterCommit) {
            if (effect.kind !== 'send' || effect.message.kind !== 'assign') continue;
            const { assignment } = effect.message;
            const size = assignment.members.length;
            const fair = Math.ceil(queue.waiting / threadCount);
            expect(size).toBeLessThanOrEqual(Math.min(8, fair));
            if (size > 1) expect(size * hidden).toBeLessThanOrEqual(800);
            queue.waiting -= size;
            running.push({ session: effect.session, assignment });
          }
          if (queue.waiting > 0) expect(running).toHaveLength(threadCount);
        };
        threads.forEach((count, index) =>
          dispatcher.joined(helloOf(index, count), '127.0.0.1:1', now),
        );
        const origin = { shardDigests: {}, officialData: null };
        const data = { search: reference, test: null, validationCount: trueImages };
        follow(dispatcher.submit(studyOf(trials, hidden), data, origin, now));
        while (running.length > 0 && queue.waiting > 0) {
          const place = choices.next().value! % running.length;
          const [{ session, assignment }] = running.splice(place, 1) as [Grant];
          const results: MemberResult[] = assignment.members.map(({ key, lambda }) => ({
            key,
            result: trueResult(key.trial, lambda, false),
          }));
          follow(
            dispatcher.received(
              session,
              { kind: 'pack-ended', pack: assignment.pack, results },
              now,
            ),
          );
        }
        expect(queue.waiting).toBe(0);
        // The last ones were spread: whatever still runs has about one thread each.
        if (trials >= threadCount) expect(running).toHaveLength(threadCount);
      },
    ),
    { numRuns: 100 },
  );
});
