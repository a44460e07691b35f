/** The dashboard's server over HTTP: sign-in, refused requests, malformed requests. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, fromPage, signedIn, startWithDashboard } from './support/dashboard-process.ts';
import { onFileEnd, ridgeline, scratchDir, start, writeStudy } from './support/processes.ts';

test('the dashboard serves a sweep: a link that signs in once, a stream of states, pages of the ranking, and pause for admins only', async () => {
  const study = writeStudy(scratchDir(), { name: 'seen', trials: 6, cycles: 2 });
  const { coordinator, port, code, joinFile, state } = await startWithDashboard([study]);
  const cookie = await signedIn(port, code);
  expect((await ask(port, '/api/sign-in', fromPage(port, { secret: code }))).status).toBe(401);

  const viewerToken = await ridgeline(['token', 'new', '--role', 'viewer', '--state', state]);
  const viewer = await signedIn(port, viewerToken.stdout.trim());
  const workerToken = await ridgeline(['token', 'new', '--role', 'worker', '--state', state]);
  const refused = await ask(
    port,
    '/api/sign-in',
    fromPage(port, { secret: workerToken.stdout.trim() }),
  );
  expect(refused.status).toBe(401);

  const change = '/api/studies/seen/change';
  expect((await ask(port, change, fromPage(port, { change: 'pause' }, viewer))).status).toBe(403);
  expect((await ask(port, change, fromPage(port, { change: 'pause' }, cookie))).status).toBe(200);
  const paused = await ridgeline(['status', '--state', state, '--format', 'json']);
  expect(paused.stdout).toContain('"paused"');
  expect((await ask(port, change, fromPage(port, { change: 'resume' }, cookie))).status).toBe(200);

  start(['worker', '--join', joinFile, '--threads', '2', '--cache', scratchDir()]);
  await coordinator.prints(/seen.*complete/);
  const rows = await ask(port, '/api/studies/seen/trials?offset=2&limit=3', {
    headers: { cookie: viewer },
  });
  expect(JSON.parse(rows.text)).toMatchObject({
    total: 12,
    rows: [{ isWinner: false }, { isWinner: false }, { isWinner: false }],
  });
  const file = (name: string) =>
    ask(port, `/api/studies/seen/files/${name}`, { headers: { cookie: viewer } });
  const csv = await file('results.csv');
  expect(csv.headers['content-disposition']).toBe('attachment; filename="seen-results.csv"');
  expect(csv.text.split('\n').filter((line) => line.includes('complete'))).toHaveLength(12);
  expect((await file('package.json')).status).toBe(404);
  const over = await ask(port, change, fromPage(port, { change: 'pause' }, cookie));
  expect(over.status).toBe(409);
  expect(over.text).toMatch(/complete/);

  const link = await ask(port, '/api/links', fromPage(port, { role: 'viewer' }, cookie));
  const fragment = (JSON.parse(link.text) as { fragment: string }).fragment;
  const guest = await signedIn(port, fragment.slice('#code='.length));
  expect((await ask(port, '/api/session', { headers: { cookie: guest } })).text).toBe(
    '{"role":"viewer"}',
  );
  expect(coordinator.stderr).not.toContain(guest.split('=')[1]);
});

describe('requests to the dashboard', () => {
  let port = 0;
  let cookie = '';
  let code = '';

  // One coordinator for all tests of this block.
  const onEnd = onFileEnd();
  beforeAll(async () => {
    ({ port, code } = await startWithDashboard([], join(scratchDir(onEnd), 'state'), onEnd));
    cookie = await signedIn(port, code);
  });

  test('a request without a session, or with one in the query, gets 401, and the secret is not logged', async () => {
    expect((await ask(port, '/api/session')).status).toBe(401);
    expect((await ask(port, `/api/session?token=${code}`)).status).toBe(401);
    expect((await ask(port, '/api/events?study=x')).status).toBe(401);
    const wrong = { headers: { cookie: `${cookie.split('=')[0]}=wrong` } };
    expect((await ask(port, '/api/session', wrong)).status).toBe(401);
  });

  test('a request with another host name gets 403, against DNS rebinding', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect((await ask(port, '/', { headers: { host } })).status).toBe(403);
    expect((await ask(port, '/', { headers: { host: `localhost:${port}` } })).status).toBe(200);
  });

  test('a change from another site, or sent as a form, is refused', async () => {
    const body = JSON.stringify({ role: 'viewer' });
    const own = `http://127.0.0.1:${port}`;
    const refusals = [
      [{ 'content-type': 'application/json' }, 403],
      [{ 'content-type': 'application/json', origin: 'http://evil.example' }, 403],
      [{ 'content-type': 'application/json', origin: 'null' }, 403],
      [{ 'content-type': 'text/plain', origin: own }, 415],
      [{ 'content-type': 'application/x-www-form-urlencoded', origin: own }, 415],
    ] as const;
    for (const [headers, status] of refusals) {
      const answer = await ask(port, '/api/links', {
        method: 'POST',
        headers: { ...headers, cookie },
        body,
      });
      expect(answer.status, JSON.stringify(headers)).toBe(status);
    }
    const stream = await ask(port, '/api/events', {
      headers: { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    });
    expect(stream.status).toBe(403);
    // For a browser, another port of this host is the same site and receives the cookie.
    const neighbour = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' };
    const session = await ask(port, '/api/session', { headers: { cookie, ...neighbour } });
    expect(session.status).toBe(403);
    const followed = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask(port, '/', { headers: followed })).status).toBe(200);
  });

  test('a HEAD request for the stream does not count as an open page', async () => {
    for (let count = 0; count < 101; count++) {
      const head = await ask(port, '/api/events', { method: 'HEAD', headers: { cookie } });
      expect(head.status).toBe(405);
    }
  });

  test('paths outside of the page, encoded or malformed, get 404', async () => {
    for (const path of [
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..;/..;/etc/passwd',
      '/%00',
      '/page.js%00.css',
      '//evil.example/x',
      '/..\\..\\etc\\passwd',
      '/built/page.js',
      '/package.json',
      '/api/nothing',
      `/api/studies/${encodeURIComponent('../x')}/trials`,
    ]) {
      const answer = await ask(port, path, { headers: { cookie } });
      expect([400, 404], path).toContain(answer.status);
      expect(answer.text, path).not.toMatch(/root:|"name": "ridgeline"/);
    }
  });

  test('other methods get 405, and malformed requests do no harm', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
      expect((await ask(port, '/', { method, headers: { cookie } })).status, method).toBe(405);
    expect((await ask(port, '/', { method: 'HEAD' })).text).toBe('');
    expect((await ask(port, '/page.js', { headers: { range: 'bytes=0-3' } })).status).toBe(200);
  });

  test('bodies that are too long, not JSON or of another shape get an error of one line', async () => {
    const own = { cookie, 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` };
    for (const [body, status] of [
      ['x'.repeat(5_000), 413],
      ['{', 400],
      ['[]', 400],
      ['{"role":"worker"}', 400],
      ['{"__proto__":{"role":"admin"}}', 400],
    ] as const) {
      const answer = await ask(port, '/api/links', { method: 'POST', headers: own, body });
      expect(answer.status, body.slice(0, 30)).toBe(status);
      expect(Object.keys(JSON.parse(answer.text) as object)).toEqual(['error']);
      expect(answer.text).not.toMatch(/at .*\.ts|node_modules/);
    }
    for (const query of ['offset=-1', 'limit=1e9', 'limit=201', 'offset=x'])
      expect(
        (await ask(port, `/api/studies/x/trials?${query}`, { headers: { cookie } })).status,
      ).toBe(400);
  });

  test('headers of a megabyte get 431, two lengths get 400, and the server keeps running', async () => {
    const answers = [];
    for (const text of [
      `GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`,
      `POST /api/links HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
    ])
      answers.push(await raw(port, text));
    expect(answers[0]).toMatch(/^HTTP\/1\.1 431/);
    expect(answers[1]).toMatch(/^HTTP\/1\.1 400/);
    expect((await ask(port, '/')).status).toBe(200);
  });

  test('every response forbids frames, sniffing, foreign scripts and caching', async () => {
    for (const path of ['/', '/page.js', '/api/session', '/nothing']) {
      const { headers } = await ask(port, path, { headers: { cookie } });
      expect(headers['content-security-policy']).toMatch(
        /default-src 'none'.*frame-ancestors 'none'/,
      );
      expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toMatch(/no-store|no-cache/);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const page = await ask(port, '/');
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|\bon\w+=|https?:\/\//);
  });
});

test('one browser can be signed in to several dashboards of one machine, although cookies ignore ports', async () => {
  const dashboards = await Promise.all([startWithDashboard([]), startWithDashboard([])]);
  const jar = new Map<string, string>();
  for (const { port, code } of dashboards) {
    const [name = '', session = ''] = (await signedIn(port, code)).split('=');
    jar.set(name, session);
  }
  const cookie = [...jar].map(([name, session]) => `${name}=${session}`).join('; ');
  for (const { port } of dashboards)
    expect((await ask(port, '/api/session', { headers: { cookie } })).status).toBe(200);
});

test('an address in use and an invalid address are reported in one line', async () => {
  const state = scratchDir();
  const bad = await ridgeline(['coordinator', '--http', 'nowhere', '--state', state]);
  expect(bad.code).toBe(2);
  expect(bad.stderr).toMatch(/--http must be HOST:PORT/);
  const { port } = await startWithDashboard([]);
  const taken = await ridgeline([
    'coordinator',
    '--listen',
    '127.0.0.1:0',
    '--http',
    `127.0.0.1:${port}`,
    '--state',
    state,
  ]);
  expect(taken.code).toBe(1);
  expect(taken.stderr).toMatch(/dashboard cannot listen/);
});

/** Sends raw bytes, and returns what the server sends until it closes. */
async function raw(port: number, text: string): Promise<string> {
  return await new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => done(answer));
    socket.on('close', () => done(answer));
    socket.write(text);
  });
}
