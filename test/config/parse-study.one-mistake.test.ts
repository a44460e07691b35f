/** One wrong value in a valid study is reported once, and no rule fails because of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { specFile } from '../../src/study/spec/canonical-spec.ts';
import { anyStudy } from '../study/support/study-arbitrary.ts';
import { problemsOf } from './support/problems-of.ts';

test('a study with one value of a wrong type, at any place, reports exactly that problem', () => {
  fc.assert(
    fc.property(anyStudy, fc.nat(), (spec, nth) => {
      const shape: unknown = specFile(spec);
      const leaves = leavesOf(shape, '');
      const { holder, key, path } = leaves[nth % leaves.length]!;
      holder[key] = typeof holder[key] === 'string' ? [{ a: 1 }] : 'wrong';
      const report = problemsOf(stringify(shape));
      expect(report, path).toContain('study.yaml has one problem:');
      expect(report, path).toContain(` ${path}: `);
    }),
    { numRuns: 150 },
  );
});

interface Leaf {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly path: string;
}

/** Every value that holds no others, and where. */
function leavesOf(value: unknown, path: string): Leaf[] {
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => {
    const place = path === '' ? key : `${path}.${key}`;
    const inner = holder[key];
    return typeof inner === 'object' && inner !== null
      ? leavesOf(inner, place)
      : [{ holder, key, path: place }];
  });
}
