/** Model files that cannot be read. */
import { expect, test } from 'vitest';
import { loadModel } from '../../../src/cli/training/model-files.ts';

test('loading a missing model file fails with MODEL_INVALID and the reason', () => {
  expect(() => loadModel('/does/not/exist.npz')).toThrow(
    expect.objectContaining({
      code: 'MODEL_INVALID',
      what: 'The model /does/not/exist.npz cannot be used: there is no such file.',
    }),
  );
});
