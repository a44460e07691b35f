import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { studyFromFile } from '../../../src/cli/process/study-files.ts';
import { loadStudy } from '../../../src/config/load-study.ts';
import { parseSpec } from '../../../src/study/spec/canonical-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { moduleText } from '../../worker/module/support/small-module.ts';

const study = `study: own
trainer:
  module: ./trainer.ts
  parameters: { rate: 0.5 }
search:
  rate: { uniform: [0, 1] }
stages: [{ name: only, trials: 3 }]
`;

async function load(text: string, files: Readonly<Record<string, string>> = {}) {
  using directory = temporaryDirectory();
  for (const [name, content] of Object.entries({ 'trainer.ts': moduleText(), ...files }))
    writeFileSync(join(directory.path, name), content);
  const path = join(directory.path, 'study.yaml');
  writeFileSync(path, text);
  return await studyFromFile(path);
}

async function problem(text: string, files: Readonly<Record<string, string>> = {}) {
  return await load(text, files).then(
    () => '',
    (error: unknown) => String(error),
  );
}

test('a study file with a module has what the module declares, and its digest', async () => {
  const { trainer } = await load(study);
  expect(trainer).toMatchObject({
    name: 'module',
    module: 'trainer.ts',
    files: [{ name: 'trainer.ts', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    parameters: { rate: 0.5 },
    declares: { parameters: { rate: { min: 0, max: 1 } }, metrics: { loss: 'minimize' } },
  });
  const needs = describeTrainer(trainer).needs?.(trainer);
  expect(needs).toMatch(/^files:sha256:[0-9a-f]{64}$/);
  const helper = { 'helper.ts': 'export const one: number = 1;\n' };
  const top = "import { one } from './helper.ts'; void one;";
  const listed = study.replace('./trainer.ts', './trainer.ts\n  files: [helper.ts]');
  const other = await load(listed, { ...helper, 'trainer.ts': moduleText({ top }) });
  expect(describeTrainer(other.trainer).needs?.(other.trainer)).not.toBe(needs);
});

test('parameters that a module does not have, and values outside of its bounds, are refused with their lines', async () => {
  const text = study
    .replace('rate: 0.5', 'rate: 2')
    .replace(
      'rate: { uniform: [0, 1] }',
      'rate: { uniform: [0, 3] }\n  width: { integer: [1, 2] }',
    );
  const message = await problem(text);
  expect(message).toMatch(
    /study\.yaml:4:23 {2}trainer\.parameters\.rate: must be from 0 to 1, got 2/,
  );
  expect(message).toMatch(/study\.yaml:6:\d+ {2}search\.rate\.uniform.*must be from 0 to 1, got 3/);
  expect(message).toMatch(/study\.yaml:7:3 {2}search\.width: unknown key/);
});

test('a module that cannot be imported is a problem of its line', async () => {
  const top = 'import { one } from "./helper.ts"; void one;';
  expect(await problem(study, { 'trainer.ts': moduleText({ top }) })).toMatch(
    /study\.yaml:3:11 {2}trainer\.module: \.\/trainer\.ts imports helper\.ts, which is not in trainer\.files/,
  );
  expect(await problem(study.replace('./trainer.ts', 'other.ts'))).toMatch(
    /other\.ts, a file of its trainer, cannot be read: .*no such file/,
  );
  expect(await problem(study.replace('./trainer.ts', '../trainer.ts'))).toMatch(
    /study\.yaml:3:11 {2}trainer\.module: must be the path of a \.ts, \.mts, \.js or \.mjs file/,
  );
});

test('a module with its own data has no data set, and one that needs data has one', async () => {
  const digits = 'dataset: { name: digits, train: { count: 90 }, validation: { count: 90 } }\n';
  expect(await problem(digits + study)).toMatch(
    /dataset: has no effect: the program reads its own/,
  );
  const needsData = moduleText().replace('contract: 1,', 'contract: 1, needsData: true,');
  expect(await problem(study, { 'trainer.ts': needsData })).toMatch(/dataset: is missing/);
  const test = digits.replace(' }\n', ', test: { count: 90 } }\n');
  expect(await problem(test + study, { 'trainer.ts': needsData })).toMatch(
    /dataset\.test: has no effect: the trainer has no metrics of a test split/,
  );
});

test('a text without a declaration is refused where the module is not run', async () => {
  const trainer = { module: 'trainer.ts' };
  const stages = [{ name: 'only', trials: 3, search: { rate: { uniform: [0, 1] } } }];
  expect(() =>
    parseSpec(JSON.stringify({ study: 'own', trainer, stages }), describeTrainer),
  ).toThrow(/trainer\.declares: /);
  using directory = temporaryDirectory();
  const path = join(directory.path, 'study.yaml');
  writeFileSync(path, study);
  writeFileSync(join(directory.path, 'trainer.ts'), moduleText());
  await expect(loadStudy(path, describeTrainer)).rejects.toThrow(
    'is a module, which this command does not run',
  );
});
