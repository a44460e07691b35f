import { expect, test } from 'vitest';
import { oncePer } from '../../src/base/once-per.ts';

test('a value is computed once for each object, also if it is undefined', () => {
  const seen: object[] = [];
  const compute = oncePer((key: object) => {
    seen.push(key);
    return seen.length === 1 ? undefined : seen.length;
  });
  const [a, b] = [{}, {}];
  expect([compute(a), compute(b), compute(a), compute(b)]).toEqual([undefined, 2, undefined, 2]);
  expect(seen).toEqual([a, b]);
});
