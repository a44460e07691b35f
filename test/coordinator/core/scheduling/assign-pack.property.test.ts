import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import type { Assignment } from '../../../../src/rpc/messages/messages.ts';
import { datasetKey } from '../../../../src/study/spec/dataset-reference.ts';
import type { StudySpec } from '../../../../src/study/spec/study-spec.ts';
import {
  correctResult,
  simulatedTrainer,
  trainRecords,
  validationImages,
} from '../../../simulation/simulated-results.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';
import {
  data,
  details,
  helloFrom,
  newDispatcher,
  peerFrom,
  start,
} from '../../support/small-cluster.ts';

function studyWith(trials: number, hidden: number): StudySpec {
  const stages = twoStages(trials, trials).slice(0, 1);
  return exampleStudy({ stages, trainer: { ...simulatedTrainer, hidden } });
}

test('no thread idles while trials wait, and no pack is larger than its fair share of them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 3, max: 120 }),
      fc.constantFrom(1, 50, 150, 1000),
      fc.infiniteStream(fc.nat(100)),
      (threads, trials, hidden, choices) => {
        const dispatcher = newDispatcher();
        const search = { ...data.search, train: { count: trainRecords } };
        const key = datasetKey(search);
        const threadCount = threads.reduce((a, b) => a + b, 0);
        const running: { readonly session: string; readonly assignment: Assignment }[] = [];
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
          dispatcher.joined(
            helloFrom(`s${index}`, { threads: count, packMax: 8, datasets: [key] }),
            peerFrom(`s${index}`),
            start,
          ),
        );
        const study = studyWith(trials, hidden);
        const images = { ...data, search, validationCount: validationImages };
        follow(dispatcher.submit(study, images, details, start));
        while (running.length > 0 && queue.waiting > 0) {
          const place = choices.next().value! % running.length;
          const [{ session, assignment }] = running.splice(place, 1) as [(typeof running)[0]];
          const { pack, members } = assignment;
          const results = members.map(({ key, params }) => ({
            key,
            passed: null,
            result: correctResult(key.trial, params, false),
          }));
          follow(dispatcher.received(session, { kind: 'pack-ended', pack, results }, start));
        }
        expect(queue.waiting).toBe(0);
        // The last trials were spread over all threads.
        if (trials >= threadCount) expect(running).toHaveLength(threadCount);
      },
    ),
    { numRuns: 100 },
  );
});
