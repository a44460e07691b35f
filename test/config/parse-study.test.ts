import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../src/base/errors.ts';
import { parseStudy, parseStudyOrRecipe } from '../../src/config/parse-study.ts';

const good = readFileSync('configs/quickstart.yaml', 'utf8');

function problemsOf(text: string): string {
  try {
    parseStudy(text, 'study.yaml');
  } catch (error) {
    if (error instanceof RidgelineError && error.code === 'STUDY_INVALID') return error.what;
    throw error;
  }
  return '';
}

describe('a study file', () => {
  test('is read for every config that comes with the program', () => {
    const files = globSync('configs/*.yaml');
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) parseStudyOrRecipe(readFileSync(file, 'utf8'), file);
  });

  test('fills in defaults', () => {
    const spec = parseStudy(good, 'f');
    expect(spec.objective).toEqual({ metric: 'validation_accuracy', direction: 'maximize' });
    expect(spec.trainer).toMatchObject({
      dropout: 0,
      mirror: false,
      shift: 0,
      measure: { kind: 'cycle' },
    });
    expect([spec.numerics, spec.test]).toEqual(['canonical', 'winner']);
  });

  test('with several mistakes gets all of them, each with file, line, column and what was meant', () => {
    const report = problemsOf(
      good
        .replace('hidden: 50', 'hiden: 50')
        .replace('step_size: 200', "step_size: '200'")
        .replace('seed: 1', 'seed: -1')
        .replace(
          'distribution: log_uniform, min: 1.0e-6, max: 1.0',
          'distribution: loguniform, min: -6, max: 0',
        ),
    );
    expect(report).toContain('6 problems');
    expect(report).toMatch(/study\.yaml:\d+:\d+ {2}seed: must be a whole number/);
    expect(report).toMatch(
      /study\.yaml:\d+:3 {2}trainer\.hiden: unknown key; did you mean hidden\?/,
    );
    expect(report).toMatch(/trainer\.learning_rate\.step_size: must be a number; "200" is a text/);
    expect(report).toMatch(
      /stages\.0\.lambda\.distribution: must be log_uniform, which is what loguniform means/,
    );
    expect(report).toMatch(/stages\.0\.lambda\.min: .*1\.0e-6, not the exponent -6/);
  });

  test.each([
    ['max: 1.0 }', 'max: 1.0e-7 }', /stages\.0\.lambda\.min: min 0\.000001 must be below max 1e-7/],
    ['min: 1.0e-6', 'min: 0', /stages\.0\.lambda\.min: must be above 0/],
    [
      'narrow: coarse',
      'narrow: corse',
      /stages\.1\.lambda\.narrow: there is no earlier stage "corse" \(earlier stages: coarse\)/,
    ],
    ['cycles: 2', 'cycles: 2\n  epochs: 3', /trainer: exactly one of cycles and epochs/],
    ['name: digits', 'nmae: digits', /dataset\.nmae: unknown key; did you mean name\?/],
    ['trials: 16', 'trials: 2', /stages\.0\.trials: must be a whole number from 3/],
    ['cycles: 2', 'cycles: 2\n  measure: cylce', /trainer\.measure: must be cycle, epoch, end or/],
    ['study: quickstart', 'study: quickstart\nstudy: again', /unique/],
  ])('with %s changed to %s is refused at its place', (before, after, message) => {
    expect(good).toContain(before);
    expect(problemsOf(good.replace(before, after))).toMatch(message);
  });

  test('that is a bomb is refused before it is parsed, twice in one process', () => {
    const bombs = [
      '['.repeat(1_800),
      '['.repeat(1_800),
      '{a: '.repeat(900),
      '- '.repeat(5_000),
      'a: &x [1]\nb: [*x, *x]',
      'a: !!js/function "x"',
      'x'.repeat(300_000),
      `${' '.repeat(300)}a: 1`,
      '<<: *a',
    ];
    for (const bomb of bombs) expect(problemsOf(bomb), bomb.slice(0, 20)).not.toBe('');
  });

  test('of any text is a study or an error with a place, never a crash', () => {
    const fragments = fc.constantFrom(
      'study: a\n',
      'seed: 1\n',
      '  ',
      'stages:\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '"',
      "'",
      '#',
      '\n',
      '|',
      '>',
      '%',
      '@',
      '`',
      '&a',
      '*a',
      '!!x',
      '\t',
      '? ',
      '0x1F',
      '.inf',
      '~',
      'ä',
      '\u0000',
      '__proto__: 1\n',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), (pieces) => {
        expect(problemsOf(pieces.join(''))).toMatch(/study\.yaml:\d+:\d+ /);
      }),
      { numRuns: 500 },
    );
  });
});
