/** Command runner: how a trial of a program is trained from rung to rung, and what is kept of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openShardCache } from '../../../src/dataset/shards/shard-cache.ts';
import type { Assignment, Rung } from '../../../src/rpc/messages/messages.ts';
import type { CommandSettings } from '../../../src/trainers/command/settings.ts';
import { CommandRunner } from '../../../src/worker/command/command-runner.ts';

const directory = mkdtempSync(join(tmpdir(), 'ridgeline-commands-'));
const log = join(directory, 'log');
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Sums its steps, and logs from where to where each process trains. The argument begins a line of the log. */
const program = `
from=0 sum=0
[ ! -e in/state ] || read -r from sum <in/state/numbers
to=$(sed 's/.*"to":\\([0-9]*\\).*/\\1/' task.json)
echo "$from-$to" >>${log}
for step in $(seq $((from + 1)) $to); do
  sum=$((sum + step))
  [ $step = $to ] || echo "{\\"step\\":$step,\\"metrics\\":{\\"loss\\":$sum}}"
done
mkdir out/state && echo "$to $sum" >out/state/numbers
echo "{\\"done\\":$to,\\"metrics\\":{\\"loss\\":$sum},\\"state\\":\\"out/state\\"}"
`;

const settings: CommandSettings = {
  command: ['sh', '-c', program],
  files: [],
  parameters: {},
  rungs: [2, 4, 6],
  metrics: { loss: 'minimize' },
  resumes: true,
  repeatable: 'exact',
  timeout: '1h',
  silence: '1h',
};

function assignment(
  toStep: number,
  rung: Rung | null,
  { settings: own = settings, index = 1 } = {},
): Assignment {
  const key = { study: 's', trial: { stage: 'coarse', index, replicate: 1 }, attempt: 1 };
  return {
    pack: `p${index}`,
    study: 's',
    seed: 1,
    replicate: 1,
    settings: { name: 'command', ...own },
    dataset: 'none',
    kind: 'search',
    measureTest: false,
    toStep,
    members: [{ key, params: { x: index }, rung, state: null }],
  };
}

async function startRunner(): Promise<CommandRunner> {
  const cache = await openShardCache(join(directory, 'cache'), () => undefined);
  const options = {
    allowance: { commands: new Map(), files: new Set<string>(), any: true },
    slots: 1,
    memory: 0,
    devices: [],
    directory: join(directory, 'trials'),
    own: process.env,
    passed: [],
    processors: 1,
    stateMax: 1e6,
  };
  return await CommandRunner.start(options, cache);
}

async function train(runner: CommandRunner, given: Assignment) {
  const noFiles = (): never => {
    throw new Error('the program has no files');
  };
  const end = await runner.train(given, noFiles, () => undefined);
  const [result] = end.kind === 'ended' ? end.results : [];
  if (end.kind !== 'ended' || result?.kind !== 'complete') throw new Error(JSON.stringify(end));
  const { seconds: _, ...rest } = result;
  return { result: rest, passed: end.passed[0], rung: { step: rest.steps, digest: rest.digest } };
}

const processes = (): string[] => readFileSync(log, 'utf8').trim().split('\n');

test('a program continues from the state that its worker has kept, and its result has the whole curve', async () => {
  await using runner = await startRunner();
  const first = await train(runner, assignment(2, null));
  const second = await train(runner, assignment(4, first.rung));
  const last = await train(runner, assignment(0, second.rung));
  expect(processes()).toEqual(['0-2', '2-4', '4-6']);
  expect([first, second, last].map(({ passed }) => passed)).toEqual([null, null, null]);
  expect(last.result.curve.map(({ step, metrics }) => [step, metrics['loss']])).toEqual([
    [1, 1],
    [2, 3],
    [3, 6],
    [4, 10],
    [5, 15],
    [6, 21],
  ]);
});

test('a worker without the state trains from rung to rung, to the same result, and reports the rung that it passes', async () => {
  await using runner = await startRunner();
  const first = await train(runner, assignment(2, null));
  const kept = await train(runner, assignment(4, first.rung));
  await using other = await startRunner();
  const again = await train(other, assignment(4, first.rung));
  expect(processes()).toEqual(['0-2', '2-4', '0-2', '2-4']);
  expect(again.passed).toEqual(first.rung);
  expect(again.result).toEqual(kept.result);
});

test('the state of another digest or of other parameters is not continued', async () => {
  await using runner = await startRunner();
  const { rung } = await train(runner, assignment(2, null));
  await train(runner, assignment(4, { ...rung, digest: 'e'.repeat(64) }));
  await train(runner, assignment(4, rung, { index: 2 }));
  expect(processes()).toEqual(['0-2', '0-2', '2-4', '0-2', '2-4']);
});

test('a program that does not resume trains each rung from step 0', async () => {
  await using runner = await startRunner();
  const restarting = { settings: { ...settings, resumes: false } };
  const first = await train(runner, assignment(2, null, restarting));
  const second = await train(runner, assignment(4, first.rung, restarting));
  expect(processes()).toEqual(['0-2', '0-4']);
  expect(second.passed).toBeNull();
});

test('a trial that is not compared at rungs is trained by one process', async () => {
  await using runner = await startRunner();
  await train(runner, assignment(0, null));
  expect(processes()).toEqual(['0-6']);
});

test('a runner that ends removes its states and working folders', async () => {
  {
    await using runner = await startRunner();
    await train(runner, assignment(2, null));
    expect(readdirSync(join(directory, 'trials'))).toEqual([`${process.pid}-states`]);
  }
  expect(readdirSync(join(directory, 'trials'))).toEqual([]);
});
