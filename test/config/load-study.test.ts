import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadStudy, loadStudyOrRecipe } from '../../src/config/load-study.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';

const dir = mkdtempSync(join(tmpdir(), 'ridgeline-config-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

function written(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const files = (source: string): string => `
study: own-files
dataset: { ${source}, train: [train], validation: [validation] }
trainer: { hidden: 5, batch: 5, learning_rate: { min: 0, max: 0.1, step_size: 5 }, cycles: 1, lambda: 0 }
`;

describe('a path that is no study file', () => {
  test.each([
    ['a missing file', () => join(dir, 'none.yaml'), /there is no such file/],
    ['a folder', () => dir, /it is a directory/],
    ['a device that never ends', () => '/dev/zero', /it is not a regular file/],
    ['too large a file', () => written('large', 'x'.repeat(262_145)), /it has 262145 bytes/],
    ['bytes that are no text', () => written('bytes', new Uint8Array([0xff, 0xfe])), /not UTF-8/],
    ['a path through a file', () => join(written('file', ''), 'x.yaml'), /ENOTDIR/],
  ])('%s is rejected with the reason', async (_, pathOf, why) => {
    const path = pathOf();
    const loading = loadStudy(path, describeTrainer);
    await expect(loading).rejects.toMatchObject({
      code: 'STUDY_INVALID',
      what: expect.stringMatching(why),
    });
    await expect(loading).rejects.toThrow(`The study file ${path} cannot be read`);
  });

  test('a pipe without a writer is rejected at once', async () => {
    const pipe = join(dir, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    await expect(loadStudy(pipe, describeTrainer)).rejects.toThrow(/it is not a regular file/);
  });
});

describe('a study file', () => {
  test('with a byte order mark and Windows line ends is read', async () => {
    const path = written('windows.yaml', `\uFEFF${files('name: digits').replaceAll('\n', '\r\n')}`);
    expect(await loadStudyOrRecipe(path, describeTrainer)).toMatchObject({
      spec: { study: 'own-files' },
    });
  });

  test('has a dataset.path relative to its own folder', async () => {
    mkdirSync(join(dir, 'data'));
    const beside = written('beside.yaml', files('path: data, format: idx'));
    expect(await loadStudyOrRecipe(beside, describeTrainer)).toMatchObject({
      spec: { dataset: { path: join(dir, 'data'), format: 'idx' } },
    });
    const absolute = written('absolute.yaml', files(`path: ${tmpdir()}, format: idx`));
    expect(await loadStudyOrRecipe(absolute, describeTrainer)).toMatchObject({
      spec: { dataset: { path: tmpdir() } },
    });
  });

  test('that names missing files reports them with their line, next to its other problems', async () => {
    const wrong = files('path: nowhere.npz').replace('cycles: 1', 'cycles: 0');
    const loading = loadStudyOrRecipe(written('nowhere.yaml', wrong), describeTrainer);
    await expect(loading).rejects.toThrow(
      `nowhere.yaml:3:18  dataset.path: ${join(dir, 'nowhere.npz')} does not exist`,
    );
    await expect(loading).rejects.toThrow('trainer.cycles: ');
  });

  test('may name missing files if they are read on another machine', async () => {
    const study = files('path: nowhere.npz').replace(', lambda: 0', '');
    const stages =
      'stages: [{ name: a, trials: 3, lambda: { distribution: log_uniform, min: 1, max: 2 } }]';
    const path = written('elsewhere.yaml', `${study}${stages}\n`);
    await expect(loadStudy(path, describeTrainer)).rejects.toThrow('does not exist');
    expect(await loadStudy(path, describeTrainer, () => false)).toMatchObject({
      study: 'own-files',
    });
  });

  test('is named in the report of its problems', async () => {
    const path = written('wrong.yaml', 'study: x\n');
    await expect(loadStudy(path, describeTrainer)).rejects.toThrow(
      `${path}:1:1  dataset: is missing`,
    );
  });
});
