/** Addresses that users write. */
import { expect, test } from 'vitest';
import { parseAddress, requireAddress } from '../../../src/rpc/credentials/address.ts';

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

test('an address has a name or an IP address that exists', () => {
  expect(parseAddress('[::1]:7070')).toEqual({ host: '::1', port: 7_070 });
  expect(parseAddress('[fe80::1%eth0]:7070')).toEqual({ host: 'fe80::1%eth0', port: 7_070 });
  for (const text of ['[::g]:7070', '[1.2.3.4]:7070', '[::1%]:7070', '::1:7070'])
    expect(parseAddress(text), text).toBeNull();
});
