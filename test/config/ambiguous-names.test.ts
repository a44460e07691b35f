/** Names that programs read as numbers or missing values. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isAmbiguousName } from '../../src/config/ambiguous-names.ts';
import { problemsOf } from './support/problems-of.ts';

const quickstart = readFileSync('configs/quickstart.yaml', 'utf8');
const named = (study: string): string => quickstart.replace('study: quickstart', `study: ${study}`);

describe('a study file is refused with a fix if a program would read', () => {
  test.each(['nan', "'null'", 'none', "'1e3'", '1e3', "'007'", '007', "'12.5'", "'true'"])(
    'its name as something else: %s',
    (name) => {
      const report = problemsOf(named(name));
      expect(report).toContain('one problem');
      expect(report).toMatch(
        /study: must not look like a number or a missing value.*Add a word, such as "search-/,
      );
    },
  );

  test('the name of a stage as something else', () => {
    const report = problemsOf(
      quickstart
        .replace('- name: coarse', "- name: 'nan'")
        .replace('narrow: coarse', "narrow: 'nan'"),
    );
    expect(report).toMatch(/stages\.0\.name: must not look like a number or a missing value/);
  });
});

test.each(['quickstart', 'nan-1', 'run-2', '3rd', '2024-05-01', '1e3x', 'v1.0', 'nullable'])(
  '%s is a name',
  (name) => {
    expect(isAmbiguousName(name)).toBe(false);
  },
);

test.each([
  ['min: 1.0e-2, max: 0.010000000000000002', /too close to sample between them/],
  ['min: 5.0e-324, max: 1.0e-3', /must be at least 1e-300/],
  ['min: 1.0e-300, max: 1.0', /^$/],
])('a range of λ with %s', (bounds, report) => {
  const text = quickstart.replace(/min: 1\.0e-6, max: 1\.0\b/, bounds);
  expect(text).not.toBe(quickstart);
  expect(problemsOf(text)).toMatch(report);
});
