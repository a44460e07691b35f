/**
 * A process that commits until it is killed: one study, then group after group of trials with results.
 *
 * It prints the number of each group after its commit.
 */
import { writeSync } from 'node:fs';
import type { StoreRow } from '../../../src/store/rows.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import {
  completeResult,
  openAttempt,
  space,
  specNamed,
  stageRecords,
  studyRecord,
} from './records.ts';

const [stateDir = '', trials = '50'] = process.argv.slice(2);
const store = await openStore(stateDir, { owner: `pid ${process.pid} of the test` });
const spec = specNamed('endless', 1_000_000);
await store.commit([
  { kind: 'study-created', record: studyRecord(spec) },
  { kind: 'stage-opened', study: 'endless', stage: { ...stageRecords(spec)[0]!, space } },
]);

for (let group = 0; ; group++) {
  const rows: StoreRow[] = [];
  for (let member = 1; member <= Number(trials); member++) {
    const trial = { stage: 'coarse', index: group * Number(trials) + member, replicate: 1 };
    const key = { study: 'endless', trial };
    rows.push(
      { kind: 'trial-created', study: 'endless', id: trial, params: { lambda: 1 / trial.index } },
      { kind: 'attempt-opened', study: 'endless', attempt: openAttempt(trial, 1) },
      {
        kind: 'attempt-closed',
        ...key,
        attempt: 1,
        outcome: 'accepted',
        reason: null,
        endedAtMs: 1,
        countsAsFailure: false,
        fingerprint: 'f'.repeat(64),
      },
      {
        kind: 'trial-ended',
        ...key,
        worker: 'node-1',
        result: completeResult(0.5, 4),
        fingerprint: 'f'.repeat(64),
      },
    );
  }
  await store.commit(rows);
  writeSync(1, `${group}\n`);
}
