/** The view `trials_ranked`, which other tools read. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { StoreRow } from '../../../src/store/rows.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { TrialId } from '../../../src/study/trial.ts';
import { documentedColumns, storeDocumentation } from '../support/documented-columns.ts';
import { rankedTrials } from '../support/ranked-trials.ts';
import {
  assigned,
  closed,
  coarse,
  completeResult,
  created,
  ended,
  openAttempt,
  startedStudy,
} from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';

/** A state directory with `startedStudy` and the given rows. */
async function stored(rows: readonly StoreRow[], test: 'all' | 'winner' = 'winner') {
  const directory = temporaryDirectory();
  await using store = await openStore(directory.path, { owner });
  const started = startedStudy.map((row) =>
    row.kind === 'study-created'
      ? { ...row, record: { ...row.record, spec: { ...row.record.spec, test } } }
      : row,
  );
  await store.commit([...started, ...rows]);
  return directory;
}

/** Values of the columns, trial by trial. */
const values = (stateDir: string, columns: string): unknown[][] =>
  rankedTrials(stateDir, columns).map((row) => Object.values(row));

const completed = (trial: TrialId, accuracy = 0.5): StoreRow[] => [
  assigned(trial),
  ended(completeResult(accuracy), trial),
];
const winner: StoreRow<'winner'> = {
  kind: 'winner',
  study: 'first',
  winner: {
    trial: coarse(1),
    testAccuracy: 0.5,
    testLoss: 1,
    testWorker: 'node-1',
    reproduced: true,
    tests: [],
    attemptsBefore: [],
  },
};

describe('trials_ranked', () => {
  test('trials_ranked shows stored ranks and no others', async () => {
    const rank = (trial: TrialId, place: number | null) => ({
      trial,
      rankInStage: place,
      rankInStudy: place === null ? null : place + 10,
    });
    using directory = await stored([
      ...[1, 2, 3].flatMap((index) => completed(coarse(index))),
      {
        kind: 'ranks',
        study: 'first',
        ranks: [rank(coarse(1), 2), rank(coarse(2), 1), rank(coarse(3), null)],
      },
    ]);
    expect(values(directory.path, 'k, rank_in_stage, rank_in_study')).toEqual([
      [1, 2, 12],
      [2, 1, 11],
      [3, null, null],
    ]);
  });

  test('trials_ranked shows the objective and the mean of its replicates', async () => {
    const second = [coarse(1, 2), coarse(2, 2)];
    using directory = await stored([
      ...second.map((id) => created(id)),
      ...completed(coarse(1), 0.5),
      ...completed(coarse(1, 2), 0.75),
      ...completed(coarse(2), 0.25),
      assigned(coarse(2, 2)),
      {
        kind: 'trial-status',
        study: 'first',
        trial: coarse(2, 2),
        status: 'failed',
        reason: 'lost',
      },
    ]);
    const columns = 'k, replicate, value, mean_value, replicates';
    expect(values(directory.path, columns)).toEqual([
      [1, 1, 0.5, 0.625, 2],
      [1, 2, 0.75, 0.625, 2],
      [2, 1, 0.25, null, 2],
      [2, 2, null, null, 2],
      [3, 1, null, null, 1],
    ]);
  });

  test('trials_ranked shows parameters and metrics exactly, as JSON and by name', async () => {
    const lambda = 0.1 + 0.2;
    using directory = await stored([created(coarse(4), lambda), ...completed(coarse(4), 1 / 3)]);
    const [row] = rankedTrials(directory.path, '*').filter(({ k }) => k === 4);
    expect(row).toMatchObject({
      trial_index: 4,
      lambda,
      value: 1 / 3,
      train_loss: 1 / 3,
      validation_accuracy: 1 / 3,
      epoch: 2,
      learning_rate: 0.1 / 20,
      train_cost: 2 / 3,
      test_accuracy: null,
      worker: 'node-1',
      steps: 20,
      verified: null,
      params: JSON.stringify({ lambda }),
    });
    expect(JSON.parse(String(row!['metrics']))).toEqual(
      completeResult(1 / 3).curve.at(-1)!.metrics,
    );
  });

  test('trials_ranked shows integers of JSON as real numbers', async () => {
    using directory = await stored([created(coarse(4), 1)]);
    expect(values(directory.path, 'typeof(lambda)').at(-1)).toEqual(['real']);
  });

  test.for([
    { tests: 'all', own: [0.25, 0.75], shown: [0.25, 0.75] },
    { tests: 'winner', own: [null, null], shown: [0.5, null] },
    // A store of an earlier release may have test metrics that were not requested.
    { tests: 'winner', own: [0.25, 0.75], shown: [0.5, null] },
  ] as const)(
    'trials_ranked marks every replicate of the winner, and shows the test accuracy of a trial with test: all, else of the winner: $tests, $own',
    async ({ tests, own, shown }) => {
      const replicates = [coarse(1), coarse(1, 2)];
      const rows = replicates.flatMap((trial, at): StoreRow[] => {
        const result = completeResult();
        const accuracy = own[at] ?? null;
        const tested = accuracy === null ? {} : { test_accuracy: accuracy };
        const curve = result.curve.map(({ step, metrics }) => ({
          step,
          metrics: { ...metrics, ...tested },
        }));
        return [assigned(trial), ended({ ...result, curve }, trial)];
      });
      using directory = await stored([created(coarse(1, 2)), ...rows, winner], tests);
      expect(values(directory.path, 'test_accuracy').slice(0, 2)).toEqual(
        shown.map((value) => [value]),
      );
      const isWinner = values(directory.path, 'is_winner');
      expect(isWinner).toEqual(isWinner.map((_, at) => [at < 2 ? 1 : 0]));
    },
  );

  const redone = (
    kind: 'search' | 'test' | 'audit',
    worker: string,
    outcome: 'duplicate' | 'accepted' | 'disputed',
    fingerprint = 'f'.repeat(64),
    tokenId = `token of ${worker}`,
  ): StoreRow[] => [
    {
      kind: 'attempt-opened',
      study: 'first',
      attempt: { ...openAttempt(coarse(1), 2, kind), worker, tokenId },
    },
    { ...closed, attempt: 2, outcome, countsAsFailure: false, fingerprint },
  ];
  const audited = (verdict: 'verified' | 'repeated' | 'disputed'): StoreRow => ({
    kind: 'trial-audited',
    study: 'first',
    trial: coarse(1),
    verdict,
  });
  test.for<[string, number | null, StoreRow[]]>([
    ['null for a trial that was computed once', null, []],
    ['1 after an audit on another worker', 1, [audited('verified')]],
    ['1 after a duplicate result of another worker', 1, redone('audit', 'node-2', 'duplicate')],
    ['1 after a test on another worker', 1, redone('test', 'node-2', 'accepted')],
    [
      'null after a test on another worker with the same token',
      null,
      redone('test', 'node-2', 'accepted', undefined, 'token-1'),
    ],
    ['null after an audit on the same worker', null, [audited('repeated')]],
    ['0 after another result', 0, redone('audit', 'node-2', 'disputed', 'e'.repeat(64))],
    ['0 in a dispute', 0, [audited('disputed')]],
    [
      '1 after a third worker confirmed the result',
      1,
      [...redone('audit', 'node-2', 'disputed', 'e'.repeat(64)), audited('verified')],
    ],
    [
      '0 for a winner that was not reproduced',
      0,
      [{ ...winner, winner: { ...winner.winner!, reproduced: false } }],
    ],
  ])('trials_ranked shows as `verified` %s', async ([, verified, rows]) => {
    const first = { ...closed, outcome: 'accepted', fingerprint: 'f'.repeat(64) } as const;
    const own = [...completed(coarse(1)), { ...first, countsAsFailure: false }];
    using directory = await stored([...own, ...rows]);
    expect(values(directory.path, 'verified')[0]).toEqual([verified]);
  });

  test('trials_ranked has exactly the columns that docs/store.md describes', async () => {
    using directory = await stored([]);
    const columns = Object.keys(rankedTrials(directory.path, '*')[0]!);
    const described = documentedColumns('trials_ranked');
    expect(described.length).toBe(columns.length);
    expect(new Set(described)).toEqual(new Set(columns));
  });
});

describe('docs/store.md', () => {
  const hasCommand = (command: string) => spawnSync(command, ['--version']).error === undefined;

  test.for(['sqlite3', 'python3'])(
    'the %s example of docs/store.md runs while a coordinator has the store',
    async (command, { skip }) => {
      if (!hasCommand(command)) return skip(`${command} is not installed`);
      const rank = { trial: coarse(1), rankInStage: 1, rankInStudy: 1 };
      using directory = await stored([
        ...completed(coarse(1), 0.25),
        { kind: 'ranks', study: 'first', ranks: [rank] },
      ]);
      await using _store = await openStore(directory.path, { owner });
      const example = new RegExp(`\`\`\`\\n\\$ (${command} [^]*?)\\n\`\`\``).exec(
        storeDocumentation,
      );
      const script = example![1]!
        .replaceAll('~/.local/state/ridgeline', directory.path)
        .replaceAll("'quickstart'", "'first'");
      const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/coarse.*1.*0\.1.*0\.25/);
    },
  );
});
