/** Addresses under which the dashboard may be opened. */
import { expect, test } from 'vitest';
import {
  isOwnHost,
  isOwnOrigin,
  isSecureHost,
  parseProxyAddress,
  withoutProxyPath,
} from '../../../src/web/server/own-addresses.ts';

const proxies = ['https://rl.example/', 'http://hub.example:8000/user/ada/proxy/7171/'].map(
  (text) => new URL(text),
);
const addresses = { hostNames: ['head'], proxies };

test('an address of a proxy is http or https without query, fragment and user, and its path gets a slash', () => {
  expect(parseProxyAddress('https://rl.example/a/b')?.href).toBe('https://rl.example/a/b/');
  expect(parseProxyAddress('HTTP://Rl.example:8080')?.href).toBe('http://rl.example:8080/');
  for (const text of [
    'rl.example',
    'ftp://a/',
    'https://a/?x',
    'https://a/#',
    'https://u:p@a/',
    '',
  ])
    expect(parseProxyAddress(text), text).toBe(null);
});

test('a host is accepted if it is an IP address, localhost, a name of this machine or of a proxy', () => {
  for (const host of [
    '127.0.0.1:7171',
    '[::1]:7171',
    'LOCALHOST',
    'head:1',
    'hub.example',
    'rl.example:9',
  ])
    expect(isOwnHost(host, addresses), host).toBe(true);
  for (const host of [
    '',
    'evil.example',
    'rl.example.evil',
    'x.rl.example',
    '127.0.0.1.evil.example',
    '999.999.999.999',
    '[::1::]',
  ])
    expect(isOwnHost(host, addresses), host).toBe(false);
});

test('a change is accepted from the host that the request names, or from the exact origin of a proxy', () => {
  const host = '127.0.0.1:7171';
  for (const origin of ['http://127.0.0.1:7171', 'https://rl.example', 'http://hub.example:8000'])
    expect(isOwnOrigin(origin, host, addresses), origin).toBe(true);
  for (const origin of [
    undefined,
    'null',
    'http://rl.example',
    'http://hub.example',
    'http://127.0.0.1',
  ])
    expect(isOwnOrigin(origin, host, addresses), origin).toBe(false);
});

test('loopback addresses and proxies with https are secure, other addresses are not', () => {
  for (const host of ['127.0.0.1:7171', 'localhost:1', '[::1]', 'rl.example'])
    expect(isSecureHost(host, addresses), host).toBe(true);
  for (const host of ['10.0.0.1:7171', 'head', 'hub.example:8000', 'rl.example:81'])
    expect(isSecureHost(host, addresses), host).toBe(false);
});

test('the path of a proxy that passes it on is removed', () => {
  expect(withoutProxyPath('/user/ada/proxy/7171/api/session?x', addresses)).toBe('/api/session?x');
  expect(withoutProxyPath('/user/ada/proxy/7171/', addresses)).toBe('/');
  expect(withoutProxyPath('/api/session', addresses)).toBe('/api/session');
});
