/** Hostile texts, made to block the process, are rejected quickly, and the process continues. */
import { describe, expect, test } from 'vitest';
import { problemsOf } from './support/problems-of.ts';

/** As much of a pattern as fits below the limit of size, or `count` of it. */
const filled = (pattern: string, count = Math.floor(250_000 / pattern.length)): string =>
  pattern.repeat(count);

const laughs = Array.from({ length: 9 }, (_, level) => {
  const inner = level === 0 ? 'lol' : `*l${level - 1}`;
  return `l${level}: &l${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
}).join('\n');

const bombs: readonly (readonly [string, string])[] = [
  ['nested lists', '['.repeat(1_800)],
  ['a million nested lists', '['.repeat(1_000_000)],
  ['nested mappings', '{a: '.repeat(5_000)],
  ['nested lists behind what looks like a text', `a: b 'c\nx: ${'['.repeat(2_000)}'`],
  ['nested lists behind a closing comment', `# ${']'.repeat(2_000)}\n${'[\n'.repeat(2_000)}`],
  ['dashes', filled('- ')],
  ['mappings in one line', filled('a: ')],
  ['question marks', filled('? ')],
  ['indentation', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['a billion laughs', laughs],
  ['keys', Array.from({ length: 30_000 }, (_, i) => `k${i}:`).join('\n')],
  ['the same key', filled('a: 1\n')],
  ['items', `[${filled('a,')}]`],
  ['documents', filled('---\n')],
  ['comments', filled('#\n')],
  ['closing brackets', filled(']')],
  ['quotes', filled('"" ')],
  ['tags', filled('! ')],
  ['anchors', filled('&a ')],
  ['a megabyte', 'x'.repeat(1_048_576)],
  ['as many lists as are parsed', '['.repeat(299)],
  ['as many entries as are parsed', `[${filled('a,', 4_900)}]`],
  ['as many stages as are parsed', `stages:\n${filled('- {nmae: 1}\n', 290)}`],
];

describe('a hostile text', () => {
  // Older versions of the parser aborted the process at the second text, not at the first.
  test.each(bombs)(
    'of %s is rejected within 100 ms of processor time, twice in one process',
    (_, bomb) => {
      for (const _round of [1, 2]) expect(problemsOf(bomb)).toMatch(/study\.yaml:\d+:\d+ {2}\S/);
      const fastest = Math.min(
        ...[1, 2, 3].map(() => {
          // Processor time of this process does not depend on the load of the machine.
          const before = process.cpuUsage();
          problemsOf(bomb);
          const { user, system } = process.cpuUsage(before);
          return (user + system) / 1_000;
        }),
      );
      expect(fastest).toBeLessThan(100);
    },
  );
});
