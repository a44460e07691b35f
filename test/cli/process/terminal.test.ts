/** Which terminals have colours and a cursor that moves. */
import { expect, test } from 'vitest';
import { isCapable } from '../../../src/cli/process/terminal.ts';

test.each([
  [true, { TERM: 'xterm-256color' }, true],
  [true, { TERM: 'dumb' }, false],
  [true, { TERM: '' }, process.platform === 'win32'],
  [true, {}, process.platform === 'win32'],
  [false, { TERM: 'xterm' }, false],
])('a stream that is a terminal: %j, with %j, is capable: %j', (isTTY, env, expected) => {
  expect(isCapable({ isTTY }, env)).toBe(expected);
});
