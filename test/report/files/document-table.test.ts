import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLatex, latexText } from '../../../src/report/files/latex.ts';
import { formatMarkdown, markdownText } from '../../../src/report/files/markdown.ts';
import { study, toResults, trial, trials } from '../support/sample-study.ts';

const results = toResults(study, trials);

describe('Markdown', () => {
  test('Markdown has a table for each stage with numbers to the right, and the winner', () => {
    expect(formatMarkdown(results)).toContain(`## fine

λ 1.00e-3 … 1.00e-2; 2 of 2 trials complete. Range: from 1.00e-3 to 1.00e-2: the best trial is coarse/2

| rank | trial | λ | validation % | validation loss | train % | test % | status |
| ---: | :--- | ---: | ---: | ---: | ---: | ---: | :--- |
| 1 | fine/2 | 1.23e-2 | 47.12 | 1.5032 | 61.25 | 46.80 | complete |
| 2 | fine/1 | 2.00e-3 | 45.00 | 1.5032 | 61.25 | – | complete |

**winner:** fine/2, λ 1.23e-2, validation 47.12 %`);
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
  test('LaTeX has a booktabs table for each stage, with λ as a power of ten', () => {
    const text = formatLatex(results);
    expect(text).toContain(
      String.raw`\caption{sample, stage coarse: $\lambda$ 1.00e-9 \dots{} 1.00e-1; 2 of 3 trials complete, 1 failed.}`,
    );
    expect(text).toContain(String.raw`  \begin{tabular}{rlrrrrrl}
    \toprule
    rank & trial & $\lambda$ & validation \% & validation loss & train \% & test \% & status \\
    \midrule
    1 & coarse/2 & $4.00 \times 10^{-3}$ & 46.00 & 1.5032 & 61.25 & -- & complete \\`);
    expect(text.match(/\\begin\{table\}/g)).toHaveLength(2);
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
          /\\text[a-z]+\{\}|\\dots\{\}|\\[{}$&#_%]|\$(?:\\[a-z]+|-)\$/g,
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
    expect(new Set(cells)).toEqual(new Set([8]));
  });
});
