/** Texts for people that a peer sends. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reason } from '../../../src/rpc/messages/wire-codec.ts';

describe('a reason', () => {
  test('has control sequences of a terminal and line breaks as visible text', () => {
    const text = '\u001b[2Jlog\r\nFAKE \u0007\u009b1m\u202eend\u2028';
    const read = reason.read(text, 'reason');
    expect(read).toBe('\\u001b[2Jlog\\r\\nFAKE \\u0007\\u009b1m\\u202eend\\u2028');
  });

  test('never has a control character and at most 8192 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9_000 }), (text) => {
        const read = reason.read(text, 'reason');
        expect(read).not.toMatch(/\p{Cc}/u);
        expect(read.length).toBeLessThanOrEqual(8_192);
        expect(reason.read(read, 'reason')).toBe(read);
      }),
    );
  });
});
