/** Addresses that users write. */
import { expect, test } from 'vitest';
import { requireAddress } from '../../../src/rpc/credentials/address.ts';

test.each([
  ['7171', '127.0.0.1:7171, or [::1]:7171 for IPv6'],
  [':7171', '127.0.0.1:7171, or [::1]:7171 for IPv6'],
  ['node1', 'node1:7070'],
  ['head.example', 'head.example:7070'],
  ['a b', '127.0.0.1:7070, or [::1]:7070 for IPv6'],
  ['99999', '127.0.0.1:7070'],
])('the fix for the address %j suggests %j', (text, suggested) => {
  expect(() => requireAddress('--http', text)).toThrow(
    expect.objectContaining({ fix: `For example, use --http ${suggested}.` }),
  );
});
