import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLatex, latexText } from '../../../src/report/files/latex.ts';
import { formatMarkdown, markdownText } from '../../../src/report/files/markdown.ts';
import { study, toResults, trial, trials } from '../support/sample-study.ts';

const results = toResults(study, trials);

describe('Markdown', () => {
  test('Markdown has the winner, then a table for each stage with numbers to the right', () => {
    expect(formatMarkdown(results)).toContain(`# sample

**winner:** fine/2, λ 1.23e-2, validation 47.12 % (biased upwards: it selected the trial), test 46.80 ± 2.23 %, digest 1a2b3c4d…, reproduced bit for bit by another worker (node-b).

## coarse

λ 1.00e-9 … 1.00e-1; 2 of 3 trials complete, 1 failed.

| rank | trial | λ | validation % | test % | train % | validation loss |
| ---: | :--- | ---: | ---: | ---: | ---: | ---: |
| 1 | coarse/2 | 4.00e-3 | 46.00 | – | 61.25 | 1.5032 |
| 2 | coarse/1 | 1.23e-7 | 41.00 | – | 61.25 | 1.5032 |
| – | coarse/3 | 9.00e-2 | failed | – | – | – |
`);
  });

  test('Markdown shows audits and disputes', () => {
    const audited = trials.map((one, index) => {
      if (index === 3) return { ...one, audit: 'verified' as const };
      return index === 4 ? { ...one, audit: 'disputed' as const } : one;
    });
    const text = formatMarkdown(toResults({ ...study, winner: null }, audited));
    expect(text).toMatch(/\| fine\/1 \|.*\| verified \|/);
    expect(text).toMatch(/\| – \| fine\/2 \|.*\| disputed \|/);
    expect(formatMarkdown(results)).not.toContain('audit');
  });

  test('foreign text in Markdown adds no markup, no cell and no line', () => {
    expect(markdownText('a|b *c* _d_ [e](f) <img> `g` \\')).toBe(
      String.raw`a\|b \*c\* \_d\_ \[e\](f) \<img\> \`g\` \\`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const unescaped = markdownText(text).replaceAll(/\\[\\`*_{}[\]<>#|~&!$]/g, '');
        expect(unescaped).not.toMatch(/[\\`*_{}[\]<>#|~&!$\n\r]/);
      }),
    );
  });
});

describe('LaTeX', () => {
  test('LaTeX has a booktabs table for each stage that fits a page, with λ as a power of ten', () => {
    const text = formatLatex(results);
    expect(text).toContain(
      String.raw`\caption{sample, stage coarse: $\lambda$ $10^{-9}$ \dots{} $10^{-1}$; 2 of 3 trials complete, 1 failed.}`,
    );
    expect(text).toContain(String.raw`  \begin{tabular}{rrrr}
    \toprule
    rank & $\lambda$ & validation \% & test \% \\
    \midrule
    1 & $4.00 \times 10^{-3}$ & 46.00 & -- \\`);
    expect(text.match(/\\begin\{table\}/g)).toHaveLength(2);
  });

  test('notes in LaTeX are comments unless they are requested', () => {
    const notes = /^\{\\footnotesize.*winner.*fine\/2/m;
    expect(formatLatex(results)).toMatch(/^% winner: fine\/2/m);
    expect(formatLatex(results)).not.toMatch(notes);
    expect(formatLatex(results, { notes: true })).toMatch(notes);
  });

  test('a LaTeX table of more than 40 rows continues on the next page', () => {
    const many = Array.from({ length: 41 }, (_, index) => trial('coarse', index + 1, 1e-3));
    const text = formatLatex(toResults(study, many));
    expect(text).toMatch(/^% Needs .*\\usepackage\{longtable\}/);
    expect(text).toContain(String.raw`\begin{longtable}{rrr}`);
    expect(text).toContain(String.raw`\endhead`);
    expect(text).not.toContain(String.raw`\begin{table}`);
  });

  test('foreign text in LaTeX is escaped', () => {
    expect(latexText(String.raw`50% of $x_1 & #2 {a} ~ ^ \input`)).toBe(
      String.raw`50\% of \$x\_1 \& \#2 \{a\} \textasciitilde{} \textasciicircum{} \textbackslash{}input`,
    );
  });

  test('any text in LaTeX has no special character without an escape', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const unescaped = latexText(text).replaceAll(
          /\$(?:\d\.\d+ \\times )?10\^\{-?\d+\}\$|\\text[a-z]+\{\}|\\dots\{\}|\\[{}$&#_%]|\$(?:\\[a-z]+|-)\$/g,
          '',
        );
        expect(unescaped).not.toMatch(/[\\{}$&#_%^~\n\r]/);
      }),
    );
  });

  test('every row of a LaTeX table has as many cells', () => {
    const failed = trial('coarse', 4, 0.5, { status: 'failed', reason: 'a & b', result: null });
    const lines = formatLatex(toResults(study, [...trials, failed])).split('\n');
    const cells = lines
      .filter((line) => line.endsWith('\\\\'))
      .map((line) => line.split(' & ').length);
    expect(new Set(cells)).toEqual(new Set([4]));
  });
});
