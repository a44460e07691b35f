/** Downloads through proxies on loopback: the names of the servers do not exist outside of these tests. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { describe, expect, onTestFinished, test } from 'vitest';
import { content, fetchFrom, serve } from '../support/downloads.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';

const host = 'data.example.invalid';

function sendContent(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': content.length });
  response.end(content);
}

/** An https server for `host` whose certificate this process trusts until the test ends, unless `isTrusted` is false. */
async function serveTls(isTrusted = true): Promise<number> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
  const before = getCACertificates('default');
  if (isTrusted) setDefaultCACertificates([...before, cert]);
  const server = createServer({ key, cert }, (_, response) => sendContent(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    setDefaultCACertificates(before);
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that connects every tunnel to `port`, or answers with `status`. Returns its address and the requests. */
async function serveTunnel(port: number, status = '200 OK') {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('data', (head) => {
      requests.push(String(head).split('\r\n')[0]!);
      client.write(`HTTP/1.1 ${status}\r\n\r\n`);
      if (status !== '200 OK') return client.end();
      const target = connect(port, '127.0.0.1');
      target.on('error', () => client.destroy());
      return client.pipe(target).pipe(client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

describe('fetchDataset with proxies', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('%s receives http requests', async (variable) => {
    await using dir = await temporaryFolder();
    await using proxy = await serve((_, response) => sendContent(response));
    const url = `http://${host}/data.tar.gz`;
    const env = { [variable]: new URL(proxy.url).origin };
    const { path } = await fetchFrom(url, dir.path, { env });
    expect(proxy.requests.map((request) => request.url)).toEqual([url]);
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('HTTPS_PROXY tunnels https requests to the server of the address', async () => {
    await using dir = await temporaryFolder();
    const proxy = await serveTunnel(await serveTls());
    const env = { HTTPS_PROXY: proxy.url };
    const { path } = await fetchFrom(`https://${host}/data.tar.gz`, dir.path, { env });
    expect(proxy.requests).toEqual([`CONNECT ${host}:443 HTTP/1.1`]);
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('a certificate that is not trusted ends the download at the first attempt', async () => {
    await using dir = await temporaryFolder();
    const proxy = await serveTunnel(await serveTls(false));
    const env = { HTTPS_PROXY: proxy.url };
    const error = await refusal(fetchFrom(`https://${host}/data.tar.gz`, dir.path, { env }));
    expect(error.what).toMatch(
      /^The certificate of data\.example\.invalid is not trusted \([A-Z_]+\), so nothing was downloaded\.$/,
    );
    expect(error.fix).toContain('NODE_EXTRA_CA_CERTS=FILE.pem');
    expect(proxy.requests).toHaveLength(1);
  });

  test('NO_PROXY names servers that are requested directly', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) => sendContent(response));
    await using proxy = await serve((_, response) => response.writeHead(502).end());
    const env = { HTTP_PROXY: new URL(proxy.url).origin, NO_PROXY: '127.0.0.1' };
    await fetchFrom(server.url, dir.path, { env });
    expect([server.requests.length, proxy.requests.length]).toEqual([1, 0]);
  });

  test('a proxy that refuses the tunnel is reported with its answer', async () => {
    await using dir = await temporaryFolder();
    const proxy = await serveTunnel(0, '407 Proxy Authentication Required');
    const env = { HTTPS_PROXY: proxy.url };
    const error = await refusal(fetchFrom(`https://${host}/x`, dir.path, { env }));
    expect([error.code, error.what]).toEqual([
      'DOWNLOAD_FAILED',
      expect.stringMatching(/407 Proxy Authentication Required/),
    ]);
  });

  test('a proxy that never answers times out', async () => {
    await using dir = await temporaryFolder();
    const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
    const url = `https://${host}/x`;
    const error = await refusal(fetchFrom(url, dir.path, { env, silenceMs: 50 }));
    expect(error.what).toMatch(/tunnel timed out after 50ms/);
  });

  test('an invalid proxy address is refused', async () => {
    await using dir = await temporaryFolder();
    const env = { HTTPS_PROXY: 'http://proxy:port' };
    const error = await refusal(fetchFrom(`https://${host}/x`, dir.path, { env }));
    expect(error.what).toContain('the proxy settings of the environment are invalid');
    expect(error.fix).toContain('HTTPS_PROXY');
  });
});
