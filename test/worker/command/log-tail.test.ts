import { expect, test } from 'vitest';
import { attemptLogLines, attemptLogMax } from '../../../src/study/attempt-log.ts';
import { LogTail } from '../../../src/worker/command/log-tail.ts';

function tailOf(...chunks: readonly (readonly ['out' | 'err', string])[]): LogTail {
  const tail = new LogTail((text) => text.replaceAll('secret', '[TOKEN]'));
  for (const [stream, text] of chunks) tail.push(stream, Buffer.from(text));
  tail.end();
  return tail;
}

test('lines of both streams are kept in the order in which they end', () => {
  const tail = tailOf(['err', 'a\nb'], ['out', '{}\n'], ['err', 'c\n'], ['out', 'rest']);
  expect(tail.text).toBe('err a\nout {}\nerr bc\nout rest\n');
  expect(tail.errors).toBe('a\nbc\n');
  expect(attemptLogLines(tail.text)).toEqual([
    { stream: 'err', text: 'a' },
    { stream: 'out', text: '{}' },
    { stream: 'err', text: 'bc' },
    { stream: 'out', text: 'rest' },
  ]);
});

test('of a progress bar the last state is kept, and control sequences are removed', () => {
  const tail = tailOf(['err', ' 10%\r 20%\r\u001b[32mdone\u001b[0m\u0007\ttab\r\nnext\n']);
  expect(tail.errors).toBe('done\ttab\nnext\n');
});

test('a secret is blanked, also where a long line is cut', () => {
  const cut = tailOf(['out', `${'x'.repeat(4_093)}secret\n`]).text;
  expect(cut).toBe(`out ${'x'.repeat(4_093)}[TO…\n`);
  const split = tailOf(['err', 'sec'], ['err', 'ret\n']);
  expect(split.errors).toBe('[TOKEN]\n');
});

test('a character that arrives in two chunks is one character', () => {
  const tail = new LogTail((text) => text);
  const bytes = Buffer.from('λ\n');
  tail.push('err', bytes.subarray(0, 1));
  tail.push('err', bytes.subarray(1));
  expect(tail.errors).toBe('λ\n');
});

test('the last whole lines are kept if a program prints too much', () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`);
  const { text } = tailOf(...lines.map((line) => ['err', line] as const));
  expect(text.length).toBeLessThanOrEqual(attemptLogMax);
  expect(text.length).toBeGreaterThan(attemptLogMax - 20);
  expect(text).toMatch(/^err line \d+\n[^]*err line 9999\n$/);
});

test('a program that prints one endless line does not fill the memory', () => {
  const tail = new LogTail((text) => text);
  for (let i = 0; i < 1_000; i++) tail.push('err', Buffer.alloc(1_000, 97));
  tail.push('err', Buffer.from('\nend\n'));
  expect(attemptLogLines(tail.text).map(({ text }) => text.length)).toEqual([4_097, 3]);
});
