/** What the dispatcher decides in histories with every kind of fault is what the real store takes and keeps. */
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/sqlite/open-store.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { trialName } from '../../src/study/trial.ts';
import { temporaryDirectory } from '../store/support/temporary-directory.ts';
import { drawHistory } from './draw-history.ts';
import { History } from './history.ts';

/** The rows of a history that were committed, in order. */
function rowsOf(history: History): StoreRow[] {
  const rows: StoreRow[] = [];
  const check = history.store.onApplied;
  history.store.onApplied = (row) => {
    rows.push(row);
    check(row);
  };
  history.run();
  return rows;
}

test('the real store takes every row of 25 histories and ends with the same trials', () => {
  const seen = new Set<string>();
  for (let seed = 116; seed <= 140; seed++) {
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner: 'pid 1 on here' });
    const history = new History(drawHistory(seed));
    const rows = rowsOf(history);
    for (const { kind } of rows) seen.add(kind);
    let batch: StoreRow[] = [];
    for (const row of rows) {
      if (row.kind === 'study-created') {
        store.commit(batch);
        batch = [];
        // One that starts afresh was thrown away before.
        store.removeStudy(row.record.spec.study);
      }
      batch.push(row);
    }
    store.commit(batch);
    expect(store.quarantines(), `seed ${seed}`).toEqual(history.store.convicted);
    for (const { record, trials } of history.store.studies.values()) {
      const { study } = record.spec;
      expect(store.study(study)?.status).toBe(record.status);
      expect(store.study(study)?.winner).toEqual(record.winner);
      for (const stored of store.trials(study)) {
        const {
          status,
          failures: charged,
          fingerprint,
          audit,
          worker,
          log,
        } = trials.get(trialName(stored.id))!;
        expect(stored).toMatchObject({ status, charged, fingerprint, audit, worker });
        const outcomes = store.attempts(study, stored.id).map(({ outcome }) => outcome);
        expect(outcomes).toEqual(log.map(({ outcome }) => outcome));
      }
    }
  }
  // Otherwise it would prove less than it says.
  for (const kind of ['result-replaced', 'attempt-reported', 'trial-audited', 'worker-quarantined'])
    expect([...seen]).toContain(kind);
});
