/** The planted bugs match the markers in the sources, and can be planted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBug, markers, plantedFiles, root } from './mutation-gate.ts';
import { plantedBugs } from './mutations.ts';
import { checkSyntax, plantBug } from './planted-bugs.ts';

const source = `const a = 1;
  // bug: first
  // bug: second
  if (a > 0 && // why
    b) { run(); }
const list = {
  // bug: first
  key: a +
    1,
};
`;

describe('a planted bug', () => {
  test('replaces the whole statement or property after each of its markers', () => {
    expect(plantBug(source, 'first', 'X')).toBe(`const a = 1;
  // bug: first
  // bug: second
  X
const list = {
  // bug: first
  X,
};
`);
  });

  test('can keep the original text', () => {
    expect(plantBug('// bug: first\nrun();\n', 'first', 'stop();\n…')).toBe(
      '// bug: first\nstop();\nrun();\n',
    );
  });

  test('has a marker for each replacement, and each marker has a planted bug', () => {
    const names = plantedBugs.flatMap(({ replacements }) => Object.keys(replacements));
    expect(markers.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });

  test.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
    'changes the sources and leaves valid TypeScript: %s',
    (_name, bug) => {
      for (const [file, text] of plantedFiles(bug)) {
        expect(text).not.toBe(readFileSync(join(root, file), 'utf8'));
        checkSyntax(text);
      }
    },
  );

  test('is the only reason for a failure: the copy without a bug passes', async () => {
    expect(await findBug(null, 3)).toBe(null);
  });
});
