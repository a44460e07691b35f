/** `ridgeline logs`: what it prints of a stored study. */
import { beforeAll, expect, test } from 'vitest';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { storedRanks } from '../../../src/search/ranking/ranking.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import {
  assigned,
  coarse,
  created,
  openAttempt,
  space,
  specNamed,
  stageRecords,
  startedStudy,
  studyRecord,
} from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { inProcess } from '../support/in-process.ts';

const command = parseStudy(
  `study: own
trainer: { command: [sh, train.sh], metrics: { loss: minimize } }
search: { lambda: { log_uniform: [1.0e-9, 0.1] } }
stages: [{ name: coarse, trials: 3 }]
`,
  'study.yaml',
  describeTrainer,
);

const state = temporaryDirectory();
const logs = async (...words: string[]) =>
  await inProcess(['logs', ...words, '--state', state.path]);

beforeAll(async () => {
  await using store = await openStore(state.path, { owner: 'test', rank: storedRanks });
  const [stage] = stageRecords(command);
  const own = { study: 'own', trial: coarse(1) };
  const attempt = openAttempt(coarse(1), 1);
  await store.commit([
    ...startedStudy,
    { kind: 'study-created', record: { ...studyRecord(command), stages: [stage!] } },
    { kind: 'stage-opened', study: 'own', stage: { ...stage!, space, reason: null } },
    ...[1, 2].map((index) => ({ ...created(coarse(index)), study: 'own' })),
    { kind: 'attempt-opened', study: 'own', attempt },
    { kind: 'attempt-logged', ...own, attempt: 1, text: 'err a\tb\u001b[1m\nout {"step":1}\n' },
    {
      kind: 'attempt-closed',
      ...own,
      attempt: 1,
      outcome: 'crashed',
      reason: 'the command ended with exit code 3',
      endedAtMs: attempt.assignedAtMs + 1,
      countsAsFailure: true,
      fingerprint: null,
    },
    { kind: 'trial-status', ...own, status: 'waiting', reason: null },
    { kind: 'attempt-opened', study: 'own', attempt: { ...attempt, attempt: 2 } },
    assigned(coarse(1)),
  ]);
});

test('logs prints the output of each attempt, escaped, and which have none', async () => {
  const { code, stdout } = await logs('own', 'coarse/1');
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(
      /^coarse\/1 {2}attempt 1 {2}search {2}\S+ {2}crashed {2}the command ended with exit code 3$/,
    ),
    'err  a    b\\x1b[1m',
    'out  {"step":1}',
    '',
    expect.stringMatching(/^coarse\/1 {2}attempt 2 {2}search {2}\S+ {2}running$/),
    '(its output is stored when it ends)',
    '',
  ]);
});

test('logs prints one attempt, and an attempt that does not exist is an error', async () => {
  expect((await logs('own', 'coarse/1', '--attempt', '2')).stdout).not.toContain('attempt 1');
  expect(await logs('own', 'coarse/1', '--attempt', '3')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('coarse/1 of own has no attempt 3: its last one is 2.'),
  });
});

test('logs prints JSON with the lines by stream, and null for an attempt without output', async () => {
  const { stdout } = await logs('own', 'coarse/1', '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    study: 'own',
    trial: 'coarse/1',
    attempts: [
      {
        attempt: 1,
        outcome: 'crashed',
        lines: [
          { stream: 'err', text: 'a\tb\u001b[1m' },
          { stream: 'out', text: '{"step":1}' },
        ],
      },
      { attempt: 2, outcome: null, lines: null },
    ],
  });
});

test('logs says that a trial has had no attempt, and that a trainer of Ridgeline prints nothing', async () => {
  expect((await logs('own', 'coarse/2')).stdout).toBe('coarse/2 of own has had no attempt yet.\n');
  expect((await logs(specNamed('first').study, 'coarse/1')).stdout).toContain(
    'Study first uses the trainer two-layer, which is a part of Ridgeline and prints nothing. `ridgeline trial first coarse/1`',
  );
});

test('logs of an unknown trial names the closest one', async () => {
  expect(await logs('own', 'coarse-1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has no trial "coarse-1". Did you mean coarse/1?'),
  });
});
