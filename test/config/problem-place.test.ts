/** The line of a problem that is found only when the data is read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RidgelineError } from '../../src/base/errors.ts';
import { withPlace } from '../../src/config/problem-place.ts';
import { temporaryDirectory } from '../store/support/temporary-directory.ts';

const text = 'study: s\ndataset:\n  name: digits\n  train: { count: 9 }\n  validation: [none]\n';

test.each([
  ['dataset.validation names "none"', '5:15'],
  ['The splits request 9 records', '2:1'],
])('a problem of the splits has the line of the study file: %s', async (what, place) => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'study.yaml');
  writeFileSync(file, text);
  const fails = () => Promise.reject(new RidgelineError('STUDY_INVALID', what, 'Do this.'));
  await expect(withPlace(file, fails)).rejects.toMatchObject({
    what: `${file}:${place}  ${what}`,
    fix: 'Do this.',
  });
  // The inner call has added the place.
  await expect(withPlace(file, () => withPlace(file, fails))).rejects.toMatchObject({
    what: `${file}:${place}  ${what}`,
  });
});

test('other errors, and those of a stored study without a file, are left as they are', async () => {
  const error = new RidgelineError('STUDY_INVALID', 'dataset.test names "x"', 'Do this.');
  await expect(withPlace('/none/study', () => Promise.reject(error))).rejects.toBe(error);
  const other = new RidgelineError('DATASET_MISSING', 'no data', 'Get it.');
  await expect(withPlace('configs/quickstart.yaml', () => Promise.reject(other))).rejects.toBe(
    other,
  );
});
