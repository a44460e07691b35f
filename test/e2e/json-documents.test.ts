/** JSON for other programs: what commands print fits the published schemas, and the examples of `docs/json.md` run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { program, ridgeline, scratchDir } from './support/processes.ts';

/** A published schema that permits no further fields. */
function publishedSchema(name: string): z.ZodType {
  const text = readFileSync(`docs/schemas/${name}.schema.json`, 'utf8');
  const closed: unknown = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value
      ? { ...value, additionalProperties: false }
      : value,
  );
  return z.fromJSONSchema(closed as z.core.JSONSchema.JSONSchema);
}

/** The commands of the first code block that pipe a document into jq or Node. */
function documentedExamples(): string[] {
  const [, block = ''] = /```\n([^`]*)```/.exec(readFileSync('docs/json.md', 'utf8')) ?? [];
  return block.trim().split('\n');
}

const oneThread = ['--workers', '1', '--threads', '1'];
const hasJq = spawnSync('jq', ['--version']).error === undefined;

test('the JSON of every command fits its published schema, and the documented examples print values', async () => {
  const dir = scratchDir();
  const env = { XDG_STATE_HOME: dir };
  const json = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await ridgeline([...args, '--format', 'json'], { env });
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const model = join(dir, 'model.npz');
  const run = await json('run', 'configs/quickstart.yaml', ...oneThread, '--save', model);
  publishedSchema('results').parse(JSON.parse(run));
  publishedSchema('train').parse(JSON.parse(await json('train', 'quickstart', '--winner')));

  const others = {
    status: ['status'],
    logs: ['logs', 'quickstart', 'coarse/1'],
    diff: ['diff', 'quickstart', 'quickstart'],
    plan: ['plan', 'configs/quickstart.yaml'],
    verify: ['verify', 'quickstart', '--trials', '1'],
    predict: ['predict', model, 'digits'],
    'lr-range-test': ['lr-range-test', 'configs/quickstart.yaml'],
    'check-gradients': ['check-gradients', '--samples', '3'],
    doctor: ['doctor'],
    'data-list': ['data', 'list'],
    'data-info': ['data', 'info', 'digits'],
  };
  for (const [schema, command] of Object.entries(others))
    publishedSchema(schema).parse(JSON.parse(await json(...command)));

  const bare = ['results', 'quickstart', '--columns', 'trial', '--no-header', '--winner'];
  expect((await ridgeline(bare, { env })).stdout).toBe('coarse/5\n');
  const { stdout } = await ridgeline(['results', 'quickstart', '--format', 'jsonl'], { env });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(32);
  for (const line of lines) publishedSchema('results-line').parse(JSON.parse(line));

  const wrapper = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  const bin = scratchDir();
  writeFileSync(join(bin, 'ridgeline'), wrapper, { mode: 0o755 });
  const path = `${bin}${delimiter}${process.env['PATH']}`;
  const examples = documentedExamples().filter((example) => hasJq || !example.includes('jq'));
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    const shown = spawnSync('sh', ['-c', example], {
      env: { ...process.env, ...env, PATH: path },
      encoding: 'utf8',
    });
    expect(shown.stdout, `${example}\n${shown.stderr}`).toMatch(/\w/);
    expect(shown.stdout).not.toMatch(/null|undefined/);
  }
});
