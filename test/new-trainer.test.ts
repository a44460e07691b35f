/**
 * A trainer with a setting, a parameter and a metric that no other trainer has: all three pass through the
 * study file, the wire, the store, the table, CSV and `--where` without a change in any of these rooms.
 */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseStudy } from '../src/config/parse-study.ts';
import type { Decision } from '../src/coordinator/core/state/turn.ts';
import { formatDelimited } from '../src/report/files/delimited.ts';
import { rowTest } from '../src/report/results/row-filter.ts';
import { resultFields } from '../src/report/results/result-fields.ts';
import { studyResults } from '../src/report/results/study-results.ts';
import { formatTables } from '../src/report/terminal/terminal-table.ts';
import type { Assignment } from '../src/rpc/messages/messages.ts';
import {
  coordinatorMessagesFromBytes,
  coordinatorMessagesToBytes,
  workerMessageFromBytes,
  workerMessageToBytes,
} from '../src/rpc/messages/session-messages.ts';
import { openStore } from '../src/store/sqlite/open-store.ts';
import type { DescribeTrainer } from '../src/study/trainer-description.ts';
import { trainTrials } from '../src/trainers/train-trials.ts';
import {
  dataset,
  details,
  helloFrom,
  messagesIn,
  newDispatcher,
  peerFrom,
  reference,
  start,
} from './coordinator/support/small-cluster.ts';
import { scratchDir } from './e2e/support/processes.ts';
import { digits } from './trainers/support/digits.ts';
import { logisticTrainer } from './trainers/support/logistic-trainer.ts';

const describeTrainer: DescribeTrainer = () => logisticTrainer;

const file = `
study: brier
dataset: { name: digits, train: { count: 60 }, validation: { count: 40 } }
trainer: { name: logistic, steps: 6, rate: 0.5, momentum: 0.7 }
objective: { metric: validation_brier }
stages:
  - name: only
    trials: 4
    search: { penalty: { distribution: log_uniform, min: 1.0e-5, max: 1.0e-1 } }
`;

const images = digits(60, 40);

function train({ seed, replicate, settings, members, measureTest }: Assignment) {
  const params = members.map((member) => member.params);
  const request = { seed, replicate, settings, params, measureTest };
  return trainTrials(logisticTrainer, request, images, { nowMs: () => 0 }) ?? [];
}

test('a new setting, parameter and metric appear in file, wire, store, table, CSV and --where', async () => {
  const spec = parseStudy(file, 'brier.yaml', describeTrainer);
  expect(spec.trainer).toMatchObject({ momentum: 0.7 });
  const state = scratchDir();
  const store = await openStore(state, { owner: 'test' });
  const dispatcher = newDispatcher();
  const data = { search: reference, test: null, validationCount: 40, trainer: logisticTrainer };

  // Every assignment and every result crosses the wire as bytes.
  const carryOut = async (decision: Decision): Promise<void> => {
    await store.commit(decision.persist);
    for (const message of messagesIn(decision, 'assign')) {
      const bytes = coordinatorMessagesToBytes([message]);
      const received = coordinatorMessagesFromBytes(bytes, describeTrainer);
      const read = 'kind' in received ? received : received[0];
      if (read?.kind !== 'assign') throw new Error(JSON.stringify(read));
      const { assignment } = read;
      expect(assignment.settings).toMatchObject({ name: 'logistic', momentum: 0.7 });
      expect(assignment.members[0]?.params['penalty']).toBeGreaterThan(0);
      const results = train(assignment).map((result, index) => ({
        key: assignment.members[index]!.key,
        result,
        passed: null,
      }));
      const ended = { kind: 'pack-ended', pack: assignment.pack, results } as const;
      const said = workerMessageFromBytes(workerMessageToBytes(ended));
      if (said.kind !== 'pack-ended') throw new Error(JSON.stringify(said));
      await carryOut(dispatcher.received('s', said, start));
    }
  };
  await carryOut(dispatcher.submit(spec, data, details, start));
  await carryOut(dispatcher.joined(helloFrom('s'), peerFrom('s'), start));
  await carryOut(dispatcher.received('s', { kind: 'dataset-ready', dataset }, start));

  const study = await store.study('brier');
  if (study === null) throw new Error('the study is stored');
  expect(study.status).toBe('complete');
  expect(study.spec.trainer).toMatchObject({ momentum: 0.7 });
  const results = studyResults(study, await store.trials('brier'), logisticTrainer);
  await store.close();

  const view = new DatabaseSync(join(state, 'ridgeline.db'), { readOnly: true });
  const best = view.prepare('SELECT * FROM trials_ranked WHERE rank_in_study = 1').get();
  view.close();
  const brier = (JSON.parse(String(best?.['metrics'])) as Record<string, number>)[
    'validation_brier'
  ];
  expect(brier).toBe(best?.['value']);
  expect(JSON.parse(String(best?.['params']))).toEqual({ penalty: expect.any(Number) });

  const plain = (_: unknown, text: string): string => text;
  const table = formatTables(results, { width: 200, color: plain, unicode: true, columns: null });
  expect(table).toMatch(/│ penalty │.*validation brier/);
  const csv = formatDelimited(results, 'csv').split('\r\n');
  expect(csv[0]).toMatch(/,penalty,.*,validation_brier,/);
  expect(csv[1]).toContain(String(brier));
  const [first, ...others] = results.stages[0]!.rows;
  const isBest = rowTest(`validation_brier <= ${brier} and penalty > 0`, resultFields(results));
  expect(isBest(first!)).toBe(true);
  expect(others.some((row) => isBest(row))).toBe(false);
});
