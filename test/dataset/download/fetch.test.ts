/** Downloads from real HTTP servers on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetchDataset } from '../../../src/dataset/download/fetch.ts';
import { checksum, content, fetchFrom, serve } from '../support/downloads.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';

const file = 'cifar-10-binary.tar.gz';

const stoppedServer = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

/** A port with a full queue of connections, so that Linux accepts no further one. */
async function serveFullQueue() {
  const child = spawn(process.execPath, ['-e', stoppedServer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(printed.toString());
  child.kill('SIGSTOP');
  const waiting = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(waiting.map((socket) => once(socket, 'connect')));
  return {
    url: `http://127.0.0.1:${port}/data.tar.gz`,
    async [Symbol.asyncDispose]() {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

/** Sends the content from `start`; closes the connection after `bytes` of it. */
function sendSome(response: ServerResponse, start: number, bytes: number, headers = {}): void {
  response.writeHead(start === 0 ? 200 : 206, {
    'content-length': content.length - start,
    etag: '"one"',
    ...(start === 0
      ? {}
      : { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    ...headers,
  });
  const sent = content.subarray(start, start + bytes);
  if (start + bytes >= content.length) response.end(sent);
  else response.write(sent, () => response.destroy());
}

function rangeStart(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

describe('fetchDataset', () => {
  test('a file is downloaded, verified and renamed, with progress', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) => sendSome(response, 0, content.length));
    const progress: [number, number | null][] = [];
    const dataDir = join(dir.path, 'new/folder');
    const fetched = await fetchFrom(server.url, dataDir, {
      onProgress: (...now) => progress.push(now),
    });
    expect(fetched).toEqual({ path: join(dataDir, file), sha256: checksum, official: false });
    expect(await readdir(dataDir)).toEqual([file]);
    expect((await readFile(fetched.path)).equals(content)).toBe(true);
    expect(progress[0]).toEqual([0, content.length]);
    expect(progress.at(-1)).toEqual([content.length, content.length]);
    expect(progress.map(([received]) => received)).toEqual(
      progress.map(([received]) => received).toSorted((a, b) => a - b),
    );
  });

  test('an existing file is not downloaded again or overwritten', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, file), content);
    await using server = await serve((_, response) => response.end());
    await fetchFrom(server.url, dir.path);
    expect(server.requests).toHaveLength(0);
    const error = await refusal(fetchFrom(server.url, dir.path, { sha256: undefined }));
    expect(error.what).toContain('exists already');
    expect((await readFile(join(dir.path, file))).equals(content)).toBe(true);
  });

  test('a cut connection is resumed at the cut, any number of times', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((request, response) =>
      sendSome(response, rangeStart(request), 150_000),
    );
    await fetchFrom(server.url, dir.path);
    expect((await readFile(join(dir.path, file))).equals(content)).toBe(true);
    expect(server.requests.length).toBeGreaterThan(6);
    expect(server.requests[0]!.headers.range).toBeUndefined();
    for (const request of server.requests.slice(1)) {
      expect(rangeStart(request)).toBeGreaterThan(0);
      expect(request.headers['if-range']).toBe('"one"');
    }
  });

  test('a stopped download keeps its bytes, and the next call resumes it', async () => {
    await using dir = await temporaryFolder();
    const stop = new AbortController();
    await using hanging = await serve((request, response) => {
      const start = rangeStart(request);
      if (start > 0) return sendSome(response, start, content.length);
      response.writeHead(200, { 'content-length': content.length, etag: '"one"' });
      response.write(content.subarray(0, 400_000));
    });
    const reason = new Error('Ctrl-C');
    const onProgress = (received: number): void => {
      if (received === 400_000) stop.abort(reason);
    };
    await expect(
      fetchFrom(hanging.url, dir.path, { signal: stop.signal, onProgress }),
    ).rejects.toBe(reason);
    expect((await readdir(dir.path)).toSorted()).toEqual([
      `${file}.partial`,
      `${file}.partial.json`,
    ]);
    await fetchFrom(hanging.url, dir.path);
    expect(rangeStart(hanging.requests[1]!)).toBeGreaterThan(0);
    expect(await readdir(dir.path)).toEqual([file]);
  });

  test('a download starts again if the server ignores ranges or the file has changed', async () => {
    for (const etag of ['"one"', '"two"']) {
      await using dir = await temporaryFolder();
      await using server = await serve((_, response, call) => {
        sendSome(response, 0, call === 1 ? 300_000 : content.length, {
          etag: call === 1 ? '"one"' : etag,
        });
      });
      await fetchFrom(server.url, dir.path);
      expect(server.requests).toHaveLength(2);
      expect((await readFile(join(dir.path, file))).equals(content)).toBe(true);
    }
  });

  test('a range that was not requested is discarded', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((request, response, call) => {
      if (call === 2) sendSome(response, 500_000, content.length);
      else sendSome(response, rangeStart(request), call === 1 ? 300_000 : content.length);
    });
    await fetchFrom(server.url, dir.path);
    expect((await readFile(join(dir.path, file))).equals(content)).toBe(true);
    expect(server.requests[2]!.headers.range).toBeUndefined();
  });

  test('a complete partial file is not downloaded again', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) => {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` });
      response.end();
    });
    await writeFile(join(dir.path, `${file}.partial`), content);
    await writeFile(
      join(dir.path, `${file}.partial.json`),
      JSON.stringify({ url: server.url, validator: '"one"' }),
    );
    await fetchFrom(server.url, dir.path);
    expect(server.requests).toHaveLength(1);
    expect(await readdir(dir.path)).toEqual([file]);
  });

  test('a partial file from another address is not resumed', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) => sendSome(response, 0, content.length));
    await writeFile(join(dir.path, `${file}.partial`), 'of another file');
    await writeFile(
      join(dir.path, `${file}.partial.json`),
      JSON.stringify({ url: 'http://x/', validator: '"one"' }),
    );
    await fetchFrom(server.url, dir.path);
    expect(server.requests[0]!.headers.range).toBeUndefined();
  });

  test('a file with a wrong checksum is removed and its checksum reported', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) => sendSome(response, 0, content.length));
    const other = await refusal(fetchFrom(server.url, dir.path, { sha256: 'a'.repeat(64) }));
    expect(other.code).toBe('DOWNLOAD_FAILED');
    expect(other.what).toContain(`${checksum} instead of ${'a'.repeat(64)}`);
    expect(await readdir(dir.path)).toEqual([]);
    // Without --sha256 the official checksum is required, also from another address.
    const official = await refusal(fetchFrom(server.url, dir.path, { sha256: undefined }));
    expect(official.what).toContain('instead of c4a38c50a1bc5f3a');
    expect(official.fix).toContain(`--sha256 ${checksum}`);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('of three fetches at once one downloads the file, and the others wait and receive it', async () => {
    await using dir = await temporaryFolder();
    const waiting = Promise.withResolvers<undefined>();
    const said: string[] = [];
    const onWait = (text: string): void => {
      if (said.push(text) === 2) waiting.resolve(undefined);
    };
    await using server = await serve((_, response) => {
      void waiting.promise.then(() => sendSome(response, 0, content.length));
    });
    const fetches = [1, 2, 3].map(async () => await fetchFrom(server.url, dir.path, { onWait }));
    const fetched = await Promise.all(fetches);
    expect(new Set(fetched.map(({ path }) => path)).size).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(said[0]).toMatch(/^waiting for process \d+ on .*, which is downloading it$/);
    expect(await readdir(dir.path)).toEqual([file]);
  });

  test('a web page instead of the file is called one, and its checksum is not advised', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) =>
      response.end('\n<!DOCTYPE html>\n<html><title>Sign in to the network</title>'),
    );
    const error = await refusal(fetchFrom(server.url, dir.path, { sha256: undefined }));
    expect(error.what).toContain('sent a web page instead of the file');
    expect(error.fix).not.toContain('--sha256');
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('bytes are stored unchanged if the server declares a content encoding', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) =>
      sendSome(response, 0, content.length, { 'content-encoding': 'x-gzip' }),
    );
    await fetchFrom(server.url, dir.path);
    expect((await readFile(join(dir.path, file))).equals(content)).toBe(true);
  });

  test('a 404 ends the download at once, with status and address', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((_, response) => response.writeHead(404).end());
    const error = await refusal(fetchFrom(server.url, dir.path));
    expect(error.what).toBe(`${server.url} answered 404 Not Found, so nothing was downloaded.`);
    expect(error.fix).toContain('--url');
    expect(server.requests).toHaveLength(1);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('a busy server is retried, and five consecutive failures end the download', async () => {
    await using dir = await temporaryFolder();
    await using busy = await serve((_, response, call) => {
      if (call < 4) response.writeHead(503).end();
      else sendSome(response, 0, content.length);
    });
    await fetchFrom(busy.url, dir.path);
    expect(busy.requests).toHaveLength(4);
    await using other = await temporaryFolder();
    await using broken = await serve((request) => request.socket.destroy());
    const said: string[] = [];
    const onRetry = (text: string): void => void said.push(text);
    const error = await refusal(fetchFrom(broken.url, other.path, { onRetry }));
    expect(error.what).toMatch(/failed 5 times in a row: (?:.*socket hang up|ECONNRESET).*\.$/);
    expect(error.what).not.toContain('.partial');
    expect(error.fix).toContain('behind a proxy, set HTTPS_PROXY and HTTP_PROXY');
    expect(broken.requests).toHaveLength(5);
    expect(said).toHaveLength(4);
    expect(said[0]).toMatch(/; trying again$/);
  });

  test('a server that stops sending is retried', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((request, response, call) => {
      if (call === 1) return; // Never answers.
      if (call === 2) {
        response.writeHead(200, { 'content-length': content.length, etag: '"one"' });
        response.write(content.subarray(0, 1000)); // Answers, then sends no more.
      } else sendSome(response, rangeStart(request), content.length);
    });
    await fetchFrom(server.url, dir.path, { silenceMs: 100 });
    expect(rangeStart(server.requests[2]!)).toBe(1000);
  });

  test('a server that accepts no connection times out', async () => {
    await using dir = await temporaryFolder();
    await using server = await serveFullQueue();
    const error = await refusal(fetchFrom(server.url, dir.path, { silenceMs: 100 }));
    expect(error.what).toMatch(/failed 5 times in a row: no byte arrived for 100 ms/);
  });

  test('the connection is closed if the disk cannot be written', async () => {
    await using dir = await temporaryFolder();
    const closed = Promise.withResolvers<undefined>();
    await using server = await serve((request, response) => {
      request.socket.once('close', () => closed.resolve(undefined));
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000));
    });
    await mkdir(join(dir.path, `${file}.partial`));
    const error = await refusal(fetchFrom(server.url, dir.path, { silenceMs: 3_600_000 }));
    expect(error.what).toMatch(/cifar-10-binary\.tar\.gz\.partial could not be written/);
    await closed.promise;
  });

  test('five redirects are followed, but none to another protocol', async () => {
    await using dir = await temporaryFolder();
    await using server = await serve((request, response) => {
      if (request.url === '/data.tar.gz') response.writeHead(302, { location: '/moved' }).end();
      else if (request.url === '/moved') sendSome(response, 0, content.length);
      else if (request.url === '/round') response.writeHead(307, { location: '/round' }).end();
      else response.writeHead(301, { location: 'file:///etc/passwd' }).end();
    });
    await fetchFrom(server.url, dir.path);
    await using other = await temporaryFolder();
    const round = await refusal(fetchFrom(new URL('/round', server.url).href, other.path));
    expect(round.what).toContain('redirected more than 5 times');
    const away = await refusal(fetchFrom(new URL('/away', server.url).href, other.path));
    expect(away.what).toContain('file:///etc/passwd is not an http or https address');
  });

  test('data sets and options that cannot be fetched are refused without a request', async () => {
    const options = {
      dataDir: '/nonexistent',
      signal: new AbortController().signal,
      env: {},
      onProgress: () => undefined,
    };
    expect((await refusal(fetchDataset('digits', options))).what).toContain('is part of Ridgeline');
    expect((await refusal(fetchDataset('mnist', options))).fix).toContain(
      'ridgeline data import mnist PATH',
    );
    expect((await refusal(fetchDataset('cifar', options))).code).toBe('DATASET_UNKNOWN');
    expect((await refusal(fetchDataset('cifar10', { ...options, sha256: 'abc' }))).code).toBe(
      'USAGE',
    );
    expect((await refusal(fetchFrom('ftp://x/y', '/tmp'))).what).toContain(
      'is not an http or https address',
    );
  });
});
