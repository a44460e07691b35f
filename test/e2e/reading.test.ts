/** Commands that read the results of one small search. */
import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { asciiLines } from '../../src/report/text/escape-terminal.ts';
import {
  ridgeline,
  scratchDir,
  writeStudy,
  type Finished,
  type ResultsJson,
} from './support/processes.ts';

const oneThread = ['--workers', '1', '--threads', '1'];
const onlyAscii = /^[\t\n -~]*$/;

test('results, trial, train and diff read a finished search, and print ASCII only if the locale has no UTF-8', async () => {
  const dir = scratchDir();
  const state = join(dir, 'state');
  const file = writeStudy(dir, { name: 'read', trials: 10 });
  // In a locale that shows ASCII only. Documents on stdout are UTF-8.
  const ask = async (...args: string[]): Promise<Finished> => {
    const env = { LC_ALL: 'C' };
    const ended = await ridgeline([...args, '--state', state], { env });
    expect(ended.stderr).toMatch(onlyAscii);
    if (!args.includes('json')) expect(ended.stdout).toMatch(onlyAscii);
    return ended;
  };
  const done = await ask('run', file, ...oneThread, '--format', 'json');
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toMatch(/^stage coarse: 10 trials, lambda from /m);
  expect(done.stderr).toMatch(/^coarse\/1 {2}lambda /m);
  const results = JSON.parse(done.stdout) as ResultsJson & {
    readonly winner: { readonly tied_trials: number; readonly compared_trials: number };
  };
  for (const command of [[], ['train']])
    expect((await ask(...command, '--help')).stdout).toContain('lambda');

  // What a table says below its rows is on stderr, since the output is JSON.
  const summary = new RegExp(`^winner {2}${results.winner.trial} `, 'm');
  expect(done.stderr).toMatch(summary);
  for (const warning of results.warnings)
    expect(done.stderr.replaceAll(/\s+/g, ' ')).toContain(`warning: ${asciiLines(warning)}`);

  // The winner is tied with itself, and the summary line counts the tied rows.
  expect(results.winner.compared_trials).toBe(20);
  const tied = await ask('results', 'read', '--where', 'tied', '--columns', 'trial');
  expect(tied.stdout.trimEnd().split('\n').slice(1)).toHaveLength(results.winner.tied_trials);
  expect(tied.stdout).toContain(results.winner.trial);

  // The best configurations of this search, for the file of the next one.
  const next = writeStudy(dir, { name: 'next', trials: 5 });
  const known = await ask('import', next, '--from', 'read', '--top', '2', '--write');
  expect(known.code, known.stderr).toBe(0);
  expect(known.stderr).toContain(`2 configurations of read added to stage coarse of ${next}`);
  const { stages: planned } = JSON.parse((await ask('plan', next, '--format', 'json')).stdout) as {
    readonly stages: readonly { readonly lambdas: readonly { readonly lambda: number }[] }[];
  };
  expect(planned[0]?.lambdas[0]).toMatchObject({
    trial: 'coarse/also-1',
    lambda: results.winner.lambda,
  });

  expect((await ask('results', 'read', '--top', '3', '--all')).code).toBe(2);
  const table = await ask('results', 'read', '--format', 'table', '--top', '3');
  expect(table.stdout).toContain('3 of 20 shown, --all shows the rest');
  expect(table.stdout).toContain(`tied    ${results.winner.tied_trials} of 20 trials`);

  expect(table.stderr).toBe('');

  const winner = ['results', 'read', '--winner', '--format', 'jsonl', '--require'];
  const met = await ask(...winner, 'test_accuracy > 10 %');
  expect(met.code, met.stderr).toBe(0);
  expect(JSON.parse(met.stdout)).toMatchObject({ trial: results.winner.trial, is_winner: true });
  const unmet = await ask(...winner, 'test_accuracy > 1');
  expect(unmet.code).toBe(1);
  expect(unmet.stderr).toContain('ridgeline: The winner does not meet test_accuracy > 1');

  const wrong = await ask('results', 'read', '--where', 'accuracy > 0.5');
  expect(wrong.code).toBe(2);
  expect(wrong.stdout).toBe('');
  expect(wrong.stderr).toContain('validation_accuracy');

  // A link to a file stays a link; its target is replaced as a whole.
  const link = join(dir, 'link.parquet');
  writeFileSync(join(dir, 'real.parquet'), 'old');
  symlinkSync(join(dir, 'real.parquet'), link);
  const written = await ask('results', 'read', '-o', link);
  expect(written.code).toBe(0);
  expect(written.stderr).toMatch(new RegExp(`^wrote ${link}\n`));
  expect(written.stderr).toMatch(summary);
  const bytes = readFileSync(join(dir, 'real.parquet'));
  const rows = await parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  });
  expect(rows.map((row) => row['digest'])).toEqual(
    results.stages.flatMap((stage) => stage.trials).map((row) => row.digest),
  );

  const curves = await ask('results', 'read', '--curves', '--where', 'tied', '--format', 'jsonl');
  const lines = curves.stdout.trimEnd().split('\n');
  const measured = new Set(lines.map((line) => (JSON.parse(line) as { trial: string }).trial));
  expect(measured.size).toBe(results.winner.tied_trials);

  // The command that `trial` prints works without the study's file, and gives the same digest.
  const trial = await ask('trial', 'read', 'coarse/7', '--format', 'json');
  const shown = JSON.parse(trial.stdout) as { command: string; digest: string };
  const elsewhere = await ask('trial', 'read', 'coarse/7', '--data-dir', '/a b', '--quiet');
  expect(elsewhere.stdout).toContain(`--state ${state} --data-dir '/a b'\n`);
  renameSync(file, join(dir, 'elsewhere.yaml'));
  const again = await ridgeline(shown.command.split(' ').slice(1));
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toContain(shown.digest);

  const diff = await ask('diff', 'read', 'read', '--format', 'json');
  expect(JSON.parse(diff.stdout)).toMatchObject({
    spec: [],
    trials: { shared: 20, compared: 20, digest_equal: 20 },
  });
  const unknown = await ask('diff', 'read', 'unknown');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('known studies: read');
  expect((await ask('diff', 'read', 'raed')).stderr).toContain('Did you mean read?');
  expect(existsSync(file)).toBe(false);
});
