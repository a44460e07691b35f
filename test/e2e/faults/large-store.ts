/** Large store: a store of a very large unfinished study, as a coordinator writes it. */
import { join } from 'node:path';
import { loadStudy } from '../../../src/config/load-study.ts';
import { openStudyData } from '../../../src/coordinator/shell/study-data.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { storedRanks } from '../../../src/search/ranking/ranking.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import { givenDistribution } from '../../../src/study/search-space.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { resultFingerprint } from '../../../src/study/result-fingerprint.ts';
import { selfTestDigest } from '../../../src/trainers/two-layer/arithmetic-self-test.ts';
import { completeResult } from '../../store/support/records.ts';

const rowsAtOnce = 10_000;

/** @param complete number of trials that have ended; the others wait */
export async function writeLargeStore(
  stateDir: string,
  studyFile: string,
  complete: number,
): Promise<void> {
  const spec = await loadStudy(studyFile, describeTrainer);
  const { opened } = await openStudyData(spec, {
    dataDir: join(stateDir, 'none'),
    describeTrainer,
  });
  await using store = await openStore(stateDir, { owner: 'the test', rank: storedRanks });
  const [stage] = spec.stages;
  const distribution = givenDistribution(stage!.search['lambda']!);
  if (stage === undefined || distribution === null) throw new Error('the first stage has bounds');
  const record = {
    name: stage.name,
    trials: stage.trials,
    space: { lambda: distribution },
    reason: null,
    closed: false,
  };
  const { study } = spec;
  // Not in the order of the trials, so that ranking changes it.
  const resultFor = (index: number) => results[(index * 7919) % results.length]!;
  const results = Array.from({ length: 101 }, (_, step) => {
    const result = completeResult(0.3 + step / 400, 2);
    return { result, fingerprint: resultFingerprint(result, classificationMetrics, false) };
  });
  const rows: StoreRow[] = [
    {
      kind: 'study-created',
      record: {
        spec,
        status: 'running',
        priority: 1,
        reason: null,
        createdAtMs: 1,
        endedAtMs: null,
        selfTestDigest,
        shardDigests: opened.shardDigests,
        officialData: opened.official,
        dataWarnings: opened.dataWarnings,
        imageCounts: opened.imageCounts,
        stages: [{ ...record, space: null }],
        winner: null,
      },
    },
    { kind: 'stage-opened', study, stage: record },
  ];
  for (let index = 1; index <= stage.trials; index++) {
    const trial = { stage: stage.name, index, replicate: 1 };
    const params = { lambda: 1e-6 * (1 + index / stage.trials) };
    rows.push({ kind: 'trial-created', study, id: trial, params });
    if (index > complete) continue;
    const attempt = {
      trial,
      attempt: 1,
      kind: 'search',
      worker: 'node-1',
      session: 'gone',
      machineId: 'machine',
      tokenId: 'token',
      pack: `${study}:${index}`,
      assignedAtMs: index,
      endedAtMs: null,
      outcome: null,
      reason: null,
      fingerprint: null,
    } as const;
    const ended = {
      attempt: 1,
      outcome: 'accepted',
      reason: null,
      endedAtMs: index + 1,
      fingerprint: null,
    } as const;
    rows.push(
      { kind: 'attempt-opened', study, attempt },
      { kind: 'attempt-closed', study, trial, ...ended, countsAsFailure: false },
      { kind: 'trial-ended', study, trial, worker: 'node-1', ...resultFor(index) },
    );
    if (rows.length >= rowsAtOnce) await store.commit(rows.splice(0));
  }
  await store.commit(rows);
}
