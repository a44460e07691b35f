/** Actions on the dashboard in a real browser, and accidents that must have no effect. Skipped without chromium. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser, seriousProblems } from '../support/browser.ts';
import {
  ask,
  fromPage,
  startWithDashboard,
  type DashboardProcess,
} from '../support/dashboard-process.ts';
import { ridgeline, scratchDir, start, startInTerminal, writeStudy } from '../support/processes.ts';

let browser: Browser | null = null;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

function startWorker({ joinFile }: DashboardProcess): void {
  const cache = join(scratchDir(), 'cache');
  start(['worker', '--join', joinFile, '--threads', '1', '--pack', '1', '--cache', cache]);
}

async function opened(url: string): Promise<Page> {
  const context = await browser!.newContext({ viewport: { width: 1_280, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

describe.skipIf(browserPath === undefined)('the dashboard in a browser', () => {
  test('the dashboard accepts a link in an open tab or pasted into the form, and ignores an old link after sign-in', async () => {
    const cluster = await startWithDashboard([]);
    const page = await opened(cluster.url);
    await page.getByLabel('Token').waitFor();
    // Only the fragment changes: nothing is loaded.
    await page.goto(cluster.link);
    await page.getByText('No study yet').waitFor();
    await page.getByRole('button', { name: 'Read-only link' }).click();
    const link = (await page.locator('.notice code').textContent()) ?? '';
    // The page asks whether its session is open after the old link was refused.
    const asked = page.waitForResponse('**/api/session');
    await page.goto(cluster.link);
    await asked;
    await page.getByText('No study yet').waitFor();
    expect(page.url()).not.toContain('code');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').fill(link);
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByLabel('Token').press('Enter');
    await page.getByText('read only').waitFor();
  });

  test('the dashboard reports a failed sign-out and a failed link', async () => {
    const cluster = await startWithDashboard([]);
    const page = await opened(cluster.link);
    await page.getByText('No study yet').waitFor();
    for (const [path, button] of [
      ['**/api/sign-out', 'Sign out'],
      ['**/api/links', 'Read-only link'],
    ] as const) {
      await page.route(path, (route) => route.abort());
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('alert').getByText('does not answer').waitFor();
      await page.unroute(path);
    }
    await page.getByRole('button', { name: 'Read-only link' }).click();
    await page.locator('.notice code').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    // A session that ended elsewhere ends here too. The page must not notice it before the click.
    const [cookie] = await page.context().cookies();
    await page.route('**/api/session', (route) => route.abort());
    const header = `${cookie!.name}=${cookie!.value}`;
    await ask(cluster.port, '/api/sign-out', fromPage(cluster.port, {}, header));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
  });

  test('the dashboard shows the list of studies under an invalid address', async () => {
    const cluster = await startWithDashboard([]);
    const page = await opened(cluster.link);
    await page.getByText('No study yet').waitFor();
    await page.goto(`${cluster.url}/#/study/%`);
    await page.reload();
    await page.getByText('No study yet').waitFor();
  });

  test('neither a double click nor a confirmation about another study cancels a study, and both can be compared', async () => {
    const folder = scratchDir();
    const studies = ['one', 'two'].map((name) =>
      writeStudy(folder, { name, trials: 6, cycles: 4_000 }),
    );
    const cluster = await startWithDashboard(studies);
    startWorker(cluster);
    const page = await opened(cluster.link);
    await page.getByRole('heading', { name: 'one' }).waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).dblclick();
    await page.getByRole('button', { name: 'Cancel…' }).waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Yes, cancel' }).waitFor();
    // The page switches to the other study, whose cancellation was not requested.
    await ridgeline(['cancel', 'one', '--state', cluster.state]);
    await page.getByRole('heading', { name: 'two' }).waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).waitFor();
    expect(await page.getByRole('button', { name: 'Yes, cancel' }).count()).toBe(0);
    for (const name of ['one', 'two']) await page.getByLabel(`Compare ${name}`).check();
    await page.getByRole('link', { name: 'Compare 2 studies' }).click();
    await page.getByRole('heading', { name: 'Comparison of 2 studies' }).waitFor();
    expect(await page.locator('section thead th').allTextContents()).toEqual(
      expect.arrayContaining(['one', 'two']),
    );
    expect(await seriousProblems(page)).toEqual([]);
    const status = await ridgeline(['status', '--state', cluster.state, '--format', 'json']);
    expect(status.stdout.match(/"status": ?"\w+"/g)).toEqual([
      expect.stringContaining('running'),
      expect.stringContaining('cancelled'),
    ]);
  });

  test('in a terminal, the dashboard of a run stays open after the study has ended until Ctrl-C, with the sessions of its pages', async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'ended', trials: 4 });
    const state = join(dir, 'state');
    const run = startInTerminal(
      ['run', study, '--http', '127.0.0.1:0', '--state', state].concat(['--workers', '1']),
    );
    const [link] = await run.prints(/http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]+/);
    const page = await opened(link);
    await page.getByRole('heading', { name: 'ended' }).waitFor();
    await run.prints(/stored studies until Ctrl-C/);
    await page.getByText('stored studies').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    expect(await page.locator('.study .title .state').textContent()).toBe('complete');
    expect(await page.locator('.answer').textContent()).toMatch(/^winner: /);
    await page.getByText('test', { exact: true }).first().waitFor();
    expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
    run.child.stdin?.write('\x03');
    expect((await run.finished).code).toBe(0);
    await page.getByText('no connection').waitFor();
  });

  test('the table of a stage fills while the study runs, also over a slow connection', async () => {
    const study = writeStudy(scratchDir(), { name: 'slow', trials: 8, cycles: 400 });
    const cluster = await startWithDashboard([study]);
    startWorker(cluster);
    const page = await opened(cluster.link);
    await page.locator('figure').first().waitFor();
    // Slower than the stream of states.
    await page.route('**/trials?*', async (route) => {
      await pause(1_500);
      await route.continue();
    });
    await page.getByRole('button', { name: 'coarse', exact: true }).click();
    await page.locator('.ranking tbody tr').nth(7).waitFor();
    expect(await page.locator('.study .title .state').textContent()).toBe('running');
  });
});
