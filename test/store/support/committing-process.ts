/**
 * A process that commits for ever: one study, then group after group of trials from grant to result.
 * It prints a group's number when the commit of it has returned. Started by the tests, and killed.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { attemptOf, completeResult, specNamed, stagesOf, studyRecord } from './records.ts';

const [stateDir = '', trials = '50'] = process.argv.slice(2);
const store = openStore(stateDir, { owner: `pid ${process.pid} of the test` });
const [coarse] = stagesOf(specNamed('endless', 1_000_000));
const opened = { ...coarse!, range: { min: 1e-9, max: 0.1 } };
store.commit([
  { kind: 'study-created', record: studyRecord(specNamed('endless', 1_000_000)) },
  { kind: 'stage-opened', study: 'endless', stage: opened },
]);

for (let group = 0; ; group++) {
  const rows: StoreRow[] = [];
  for (let member = 1; member <= Number(trials); member++) {
    const trial = { stage: 'coarse', index: group * Number(trials) + member, replicate: 1 };
    rows.push(
      { kind: 'trial-created', study: 'endless', id: trial, lambda: 1 / trial.index },
      { kind: 'attempt-opened', study: 'endless', attempt: attemptOf(trial, 1) },
      {
        kind: 'attempt-closed',
        study: 'endless',
        trial,
        attempt: 1,
        outcome: 'accepted',
        reason: null,
        endedAtMs: 1,
        charged: false,
        fingerprint: 'f'.repeat(64),
      },
      {
        kind: 'trial-ended',
        study: 'endless',
        trial,
        worker: 'node-1',
        result: completeResult(0.5, 4),
        fingerprint: 'f'.repeat(64),
      },
    );
  }
  store.commit(rows);
  writeSync(1, `${group}\n`);
}
