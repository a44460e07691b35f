/** Writing a first study file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadStudy } from '../../../src/config/load-study.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { inProcess } from '../support/in-process.ts';

test('init writes a valid study, prints the command that runs it, and does not replace a file', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'mine.yaml');
  const written = await inProcess(['init', join(directory.path, 'mine')]);
  expect(written).toMatchObject({ code: 0, stdout: `ridgeline run ${file}\n` });
  const spec = await loadStudy(file, describeTrainer);
  expect([spec.study, spec.dataset?.name]).toEqual(['mine', 'digits']);
  const before = readFileSync(file, 'utf8');
  const again = await inProcess(['init', file, '--data', 'cifar10']);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is not replaced') });
  expect(readFileSync(file, 'utf8')).toBe(before);
  const wrong = await inProcess(['init', join(directory.path, 'My Study')]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('must be 1 to 64 of') });
});
