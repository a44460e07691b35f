import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth, fitText, wrapText } from '../../../src/report/text/display-width.ts';
import { asciiLines, asciiText, foreignText } from '../../../src/report/text/escape-terminal.ts';

const anyText = fc.string({ unit: 'binary' });

describe('foreignText', () => {
  test('foreignText shows control and invisible characters as escapes', () => {
    expect(foreignText('a\u001b[31mred')).toBe(String.raw`a\x1b[31mred`);
    expect(foreignText('one\ntwo\r\tthree')).toBe(String.raw`one\ntwo\r\tthree`);
    expect(foreignText('\u202egnp.exe')).toBe(String.raw`\u{202e}gnp.exe`);
    expect(foreignText('a\u2028b\u009bc\u200bd\ufeff')).toBe(
      String.raw`a\u{2028}b\x9bc\u{200b}d\u{feff}`,
    );
    expect(foreignText('\ud800')).toBe(String.raw`\u{d800}`);
  });

  test('foreignText does not change ordinary text of any language', () => {
    for (const text of ['node-1', 'λ 1.23e-2 … 47 %', '数据 节点', 'Gerät, 50 %', '👍']) {
      expect(foreignText(text)).toBe(text);
    }
  });

  test('foreignText leaves no control, format or separator character in any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(foreignText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });

  test('asciiText gives printable ASCII only and spells symbols such as λ out', () => {
    expect(asciiText('λ 1 … 2')).toBe('lambda 1 ... 2');
    expect(asciiText('α, 2×10⁻⁵, ‖W‖², é\n')).toBe(String.raw`alpha, 2x10^-5, ||W||^2, \xe9\n`);
    fc.assert(
      fc.property(anyText, (text) => {
        expect(asciiText(text)).toMatch(/^[ -~]*$/);
      }),
    );
  });
});

test('asciiLines gives ASCII only, and keeps line ends and colours', () => {
  expect(asciiLines('\u001B[1mλ\u001B[22m\n≈\n')).toBe('\u001B[1mlambda\u001B[22m\n~\n');
  fc.assert(
    fc.property(anyText, (text) => {
      // oxlint-disable-next-line no-control-regex -- they are what it keeps
      expect(asciiLines(text)).toMatch(/^[\0-\u007F]*$/);
    }),
  );
});

describe('fitText and wrapText', () => {
  test('wide characters have two columns, combining marks none', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('数据')).toBe(4);
    expect(displayWidth('👍')).toBe(2);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('λ…█│')).toBe(4);
  });

  test('fitText replaces the end or the start of a name by an ellipsis', () => {
    expect(fitText('coarse/1234', 8, '…', 'start')).toBe('…se/1234');
    expect(fitText('coarse/1234', 8, '...', 'end')).toBe('coars...');
    expect(fitText('short', 8, '…', 'end')).toBe('short');
    expect(fitText('数据节点', 6, '…', 'end')).toBe('数据…');
  });

  test('wrapText breaks between words, and within a word only if it is wider than a line', () => {
    expect(wrapText('one two three', 9, '  ')).toEqual(['one two', '  three']);
    expect(wrapText('abcdefghijkl', 6, '  ')).toEqual(['abcdef', '  ghij', '  kl']);
  });

  test('fitText and wrapText never exceed the width', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 6, max: 60 }), (text, width) => {
        const safe = foreignText(text);
        expect(displayWidth(fitText(safe, width, '…', 'end'))).toBeLessThanOrEqual(width);
        for (const line of wrapText(safe, width, '  '))
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
