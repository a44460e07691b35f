/** A wrong indentation is one problem, at its own line, instead of the errors that follow from it. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RidgelineError } from '../../src/base/errors.ts';
import { indentationProblem } from '../../src/config/indentation.ts';
import { parseStudy } from '../../src/config/parse-study.ts';
import { describeTrainer } from '../../src/trainers/registry.ts';

const quickstart = readFileSync('configs/quickstart.yaml', 'utf8');

function errorOf(text: string): string {
  try {
    parseStudy(text, 'study.yaml', describeTrainer);
    return '';
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    return error.what;
  }
}

test('a key that is indented by one space too many or too few is one problem, at its line', () => {
  for (const [from, to, counts] of [
    [
      '\n  hidden: 50',
      '\n hidden: 50',
      /indented by 2 spaces, and the lines that it belongs to by 1/,
    ],
    [
      '\n  batch: 50',
      '\n   batch: 50',
      /indented by 3 spaces, and the lines that it belongs to by 2/,
    ],
    [
      '\n    trials: 16\n',
      '\n     trials: 16\n',
      /indented by 5 spaces, and the lines that it belongs to by 4/,
    ],
  ] as const) {
    const what = errorOf(quickstart.replace(from, to));
    expect(what).toMatch(counts);
    expect(what.match(/study\.yaml:\d+:\d+/g)).toHaveLength(1);
  }
});

test('studies that are indented well have no indentation problem', () => {
  for (const name of ['quickstart', 'coarse-to-fine', 'best-classifier', 'figure-3', 'figure-4'])
    expect(indentationProblem(readFileSync(`configs/${name}.yaml`, 'utf8')), name).toBeNull();
});

test('any text is searched without an error, and a problem is within the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(' ', '-', ':', '\n', 'a', '#', '{', '"') }),
      (text) => {
        const problem = indentationProblem(text);
        if (problem !== null) expect(problem.offset).toBeLessThan(text.length);
      },
    ),
  );
});
