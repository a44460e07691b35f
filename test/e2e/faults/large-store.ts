/** A store in the middle of a very large study, written as a coordinator would have. */
import { join } from 'node:path';
import { loadStudy } from '../../../src/config/load-study.ts';
import { openStudyData } from '../../../src/coordinator/shell/study-data.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { resultFingerprint } from '../../../src/study/result-fingerprint.ts';
import { selfTestDigest } from '../../../src/trainers/two-layer/arithmetic-self-test.ts';
import { completeResult } from '../../store/support/records.ts';

const rowsAtOnce = 10_000;

/** @param complete how many trials have ended; a thousand more wait */
export async function writeLargeStore(
  stateDir: string,
  studyFile: string,
  complete: number,
): Promise<void> {
  const spec = await loadStudy(studyFile);
  const { opened } = await openStudyData(spec, join(stateDir, 'none'));
  using store = openStore(stateDir, { owner: 'the test' });
  const [stage] = spec.stages;
  if (stage?.lambda.kind !== 'range') throw new Error('the first stage has a range');
  const record = {
    name: stage.name,
    trials: stage.trials,
    range: stage.lambda.range,
    reason: null,
    closed: false,
    warnings: [],
  };
  const { study } = spec;
  // In no order of k, so that ranking has something to do.
  const resultOf = (k: number) => results[(k * 7919) % results.length]!;
  const results = Array.from({ length: 101 }, (_, step) => {
    const result = completeResult(0.3 + step / 400, 2);
    return { result, fingerprint: resultFingerprint(result, false) };
  });
  const rows: StoreRow[] = [
    {
      kind: 'study-created',
      record: {
        spec,
        status: 'running',
        reason: null,
        createdAtMs: 1,
        endedAtMs: null,
        selfTestDigest: selfTestDigest,
        shardDigests: opened.shardDigests,
        officialData: opened.official,
        stages: [{ ...record, range: null }],
        winner: null,
      },
    },
    { kind: 'stage-opened', study, stage: record },
  ];
  for (let k = 1; k <= stage.trials; k++) {
    const trial = { stage: stage.name, index: k, replicate: 1 };
    rows.push({ kind: 'trial-created', study, id: trial, lambda: 1e-6 * (1 + k / stage.trials) });
    if (k > complete) continue;
    const attempt = {
      trial,
      attempt: 1,
      kind: 'search',
      worker: 'node-1',
      session: 'gone',
      pack: `${study}:${k}`,
      grantedAtMs: k,
      endedAtMs: null,
      outcome: null,
      reason: null,
      fingerprint: null,
    } as const;
    const ended = {
      attempt: 1,
      outcome: 'accepted',
      reason: null,
      endedAtMs: k + 1,
      fingerprint: null,
    } as const;
    rows.push(
      { kind: 'attempt-opened', study, attempt },
      { kind: 'attempt-closed', study, trial, ...ended, charged: false },
      { kind: 'trial-ended', study, trial, worker: 'node-1', ...resultOf(k) },
    );
    if (rows.length >= rowsAtOnce) store.commit(rows.splice(0));
  }
  store.commit(rows);
}
