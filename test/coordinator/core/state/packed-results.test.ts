/** Packed results: what is kept of a result, and that blocks of many results do not mix. */
import { expect, test } from 'vitest';
import { PackedResults } from '../../../../src/coordinator/core/state/packed-results.ts';
import { sha256 } from '../../../../src/base/digest.ts';
import { noCorrectness } from '../../../../src/study/trial.ts';

const result = (index: number) =>
  ({
    kind: 'complete',
    steps: 200 + index,
    seconds: index / 7,
    digest: sha256(`${index}`),
    curve: [
      { step: 100, metrics: { train_loss: 2 } },
      // Every third trial lacks a metric that the others have.
      {
        step: 200 + index,
        metrics: { train_loss: 1 / (index + 1), ...(index % 3 === 0 ? {} : { epoch: index }) },
      },
    ],
    validationCorrect: new Uint8Array([index % 256]),
  }) as const;

test('a packed result has the last measurement, the digest and the bits of the result, among thousands', () => {
  const results = new PackedResults();
  const originals = Array.from({ length: 2_500 }, (_, index) => result(index));
  const packed = originals.map((one) => results.pack(one, one.validationCorrect));
  for (const [index, one] of packed.entries()) {
    const { kind, steps, seconds, digest, curve, validationCorrect } = one;
    const expected = { ...originals[index], curve: originals[index]?.curve.slice(-1) };
    expect({ kind, steps, seconds, digest, curve, validationCorrect }).toEqual(expected);
  }
});

test('a packed result that is packed again keeps its values and takes the new bits', () => {
  const results = new PackedResults();
  const packed = results.pack(result(5), new Uint8Array([1]));
  const again = new PackedResults().pack(packed, noCorrectness);
  expect(again.validationCorrect).toBe(noCorrectness);
  expect([again.steps, again.digest, again.curve]).toEqual([
    packed.steps,
    packed.digest,
    packed.curve,
  ]);
});
