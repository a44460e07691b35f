/** The real store accepts and keeps what the dispatcher decides in histories with every kind of fault. */
import { expect, test } from 'vitest';
import { storedRanks } from '../../src/search/ranking/ranking.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { openStore } from '../../src/store/sqlite/open-store.ts';
import { trialName, type TrialRecord } from '../../src/study/trial.ts';
import { temporaryDirectory } from '../store/support/temporary-directory.ts';
import { History } from './history.ts';
import { randomHistory } from './random-history.ts';

/** The committed rows of a history, in order. */
async function committedRows(history: History): Promise<StoreRow[]> {
  const rows: StoreRow[] = [];
  const check = history.store.onApplied;
  history.store.onApplied = (row) => {
    rows.push(row);
    check(row);
  };
  await history.run();
  return rows;
}

test('the real store accepts every row of 10 histories and ends with the same trials', async () => {
  const seen = new Set<string>();
  for (let seed = 116; seed <= 125; seed++) {
    using directory = temporaryDirectory();
    await using store = await openStore(directory.path, { owner: 'pid 1', rank: storedRanks });
    const history = new History(randomHistory(seed));
    const rows = await committedRows(history);
    for (const { kind } of rows) seen.add(kind);
    let batch: StoreRow[] = [];
    for (const row of rows) {
      if (row.kind === 'study-created') {
        await store.commit(batch);
        batch = [];
        // A fresh study replaces the stored one of its name.
        await store.removeStudy(row.record.spec.study);
      }
      batch.push(row);
    }
    await store.commit(batch);
    expect(await store.exclusions(), `seed ${seed}`).toEqual(history.store.excluded);
    for (const { record, trials } of history.store.studies.values()) {
      const { study } = record.spec;
      const stored = await store.study(study);
      expect(stored?.status).toBe(record.status);
      expect(stored?.winner).toEqual(record.winner);
      const attempts = Map.groupBy(await store.attempts(study), ({ trial }) => trialName(trial));
      for (const trial of await store.trials(study)) {
        const name = trialName(trial.id);
        const { status, failures, fingerprint, audit, worker, log, rungs } = trials.get(name)!;
        expect(trial).toMatchObject({ status, failures, fingerprint, audit, worker });
        expect(rungText(trial)).toEqual(rungText({ rungs }));
        const outcomes = (attempts.get(name) ?? []).map(({ outcome }) => outcome);
        expect(outcomes).toEqual(log.map(({ outcome }) => outcome));
      }
    }
  }
  // Otherwise this test would prove less than it states.
  for (const kind of ['result-replaced', 'attempt-reported', 'trial-audited', 'worker-excluded'])
    expect([...seen]).toContain(kind);
});

/** The decisions and the results at rungs, without curves. */
function rungText({ rungs }: { rungs?: TrialRecord['rungs'] | undefined }): string {
  const results = rungs?.results.map(
    ({ result: { steps, digest, seconds }, worker, fingerprint, audit }) =>
      `${steps} ${digest} ${seconds} ${worker} ${fingerprint} ${audit}`,
  );
  return JSON.stringify({ toStep: rungs?.toStep, stop: rungs?.stop, results });
}
