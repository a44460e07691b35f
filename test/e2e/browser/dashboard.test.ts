/**
 * The dashboard in a real browser: Debian's chromium, driven by playwright-core. Skipped if it
 * is not installed.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  browserPath,
  launchBrowser,
  looks,
  overflow,
  seriousProblems,
  unreadableTexts,
} from '../support/browser.ts';
import { startWithDashboard, type DashboardProcess } from '../support/dashboard-process.ts';
import { scratchDir, start, writeStudy, type Running } from '../support/processes.ts';

let browser: Browser;
beforeAll(async () => {
  const launched = await launchBrowser();
  if (launched !== null) browser = launched;
});
afterAll(async () => {
  await browser?.close();
});

interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** A page that records policy violations, errors and failed requests. */
async function opened(
  url: string,
  { width = 1_280, scheme = 'light' }: Look = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints };
}

function worker(cluster: DashboardProcess, name: string, pack = '1'): Running {
  return start(
    ['worker', '--join', cluster.joinFile, '--threads', '1', '--pack', pack, '--name', name].concat(
      ['--cache', join(scratchDir(), 'cache')],
    ),
  );
}

test.skipIf(browserPath === undefined)(
  'the dashboard adds rows and points while a sweep runs, shows a killed worker as lost, and escapes a hostile name',
  async () => {
    const study = writeStudy(scratchDir(), {
      name: 'live',
      trials: 8,
      cycles: 30,
      coarseOnly: true,
    });
    const cluster = await startWithDashboard([study]);
    const { page, complaints } = await opened(cluster.link);
    await page.getByRole('heading', { name: 'live' }).waitFor();
    // The code is removed from the address, and the link is invalid now.
    expect(page.url()).not.toContain('code');
    const second = await opened(cluster.link);
    await second.page.getByRole('alert').waitFor();
    expect(await second.page.getByRole('alert').textContent()).toMatch(/not valid/);

    const hostile = '<img src=x onerror=alert(1)>';
    const first = worker(cluster, 'first');
    worker(cluster, hostile);
    await page.getByRole('rowheader', { name: hostile }).waitFor();
    expect(await page.locator('img').count()).toBe(0);

    const dots = page.locator('.chart [data-mark="dot"] :is(path, circle)');
    await dots.nth(0).waitFor({ state: 'attached' });
    await page.locator('.ranking tbody tr', { hasText: 'complete' }).nth(1).waitFor();
    await dots.nth(1).waitFor({ state: 'attached' });

    first.kill('SIGKILL');
    await page
      .getByRole('row', { name: /^first/ })
      .getByText('lost')
      .waitFor();
    await page.getByRole('log').getByText('worker lost', { exact: true }).waitFor();
    await cluster.coordinator.prints(/live.*complete/);
    await page
      .locator('.study')
      .getByText(/reproduced bit for bit|re-trained/)
      .waitFor();
    expect(await page.locator('.badge').textContent()).toBe('winner');
    // As in the tables: errors, and whether a trial is tied with the best.
    expect(await page.locator('.ranking thead').textContent()).toMatch(/validation %±≈test %/);
    await page.locator('.ranking tbody abbr').first().waitFor();
    expect(complaints).toEqual([]);
  },
);

test.skipIf(browserPath === undefined)(
  'the dashboard is usable by keyboard and screen reader, in light and dark, at 390, 1,024 and 1,600 pixels',
  async () => {
    const study = writeStudy(scratchDir(), { name: 'wide', trials: 52, cycles: 1 });
    const cluster = await startWithDashboard([study]);
    worker(cluster, 'alpha', '8');
    await cluster.coordinator.prints(/wide.*complete/);
    const { page, complaints } = await opened(cluster.link, { width: 1_600 });
    await page.locator('.badge').waitFor();
    const cookies = await page.context().cookies();
    for (const look of looks) {
      const context = await browser.newContext({
        viewport: { width: look.width, height: 900 },
        colorScheme: look.scheme,
      });
      await context.addCookies(cookies);
      const other = await context.newPage();
      await other.goto(cluster.url);
      await other.locator('.badge').waitFor();
      expect(await seriousProblems(other), JSON.stringify(look)).toEqual([]);
      expect(await overflow(other), JSON.stringify(look)).toBe(0);
      expect(await other.evaluate(unreadableTexts), JSON.stringify(look)).toEqual([]);
      await context.close();
    }
    // A dot shows its trial; a rectangle zooms to the dots in it.
    const dot = page.locator('[data-trial="fine/1"]').first();
    await dot.hover({ force: true });
    const tip = page.locator('.tip', { hasText: /^fine\/1\s*λ \S+\s*\d\d\.\d\d ± \S+ %/ });
    await tip.waitFor();
    const { x, y } = (await dot.boundingBox())!;
    await page.mouse.move(x - 15, y - 15);
    await page.mouse.down();
    await page.mouse.move(x + 25, y + 25);
    await page.mouse.up();
    await page.getByRole('button', { name: 'reset zoom' }).press('Enter');
    await page.getByRole('button', { name: 'history' }).press('Enter');
    await page.getByRole('img', { name: 'over the search' }).waitFor();
    // The ranking by keyboard: the next page, one stage, a filter with its error, an order.
    const rows = page.locator('.ranking tbody tr');
    await page.getByRole('button', { name: 'Next' }).press('Enter');
    await page.getByText('101–104 of 104').waitFor();
    await page.getByRole('button', { name: 'fine', exact: true }).press('Space');
    await expect.poll(() => rows.count(), { timeout: 240_000 }).toBe(52);
    await page.getByLabel('Filter').fill('lambda >');
    await page.getByText('expected a value for lambda').waitFor();
    await page.getByLabel('Filter').fill('fine/1');
    await expect.poll(() => rows.count(), { timeout: 240_000 }).toBe(11);
    await page.getByRole('button', { name: 'λ' }).press('Enter');
    await page.locator('th[aria-sort="ascending"]').waitFor();
    // One trial, and the curves of two.
    for (const row of [0, 1]) await rows.nth(row).getByRole('checkbox').press('Space');
    await page.getByText('Learning curves of the selected trials').waitFor();
    await page.getByRole('img', { name: 'wide: learning curves' }).waitFor();
    await page.getByRole('button', { name: 'coloured by λ' }).press('Enter');
    await page.getByRole('img', { name: 'of the selected trials' }).waitFor();
    await page.getByRole('link', { name: 'fine/12' }).press('Enter');
    await page.getByText('ridgeline train wide --trial fine/12 --state').waitFor();
    expect(new URL(page.url()).hash).toBe('#/study/wide/trial/fine/12');
    await page.getByRole('button', { name: 'Copy the digest' }).press('Enter');
    await page.getByRole('button', { name: 'Copied the digest' }).waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.goBack();
    await page.locator('.badge').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).press('Enter');
    await page.getByLabel('Token').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    expect(complaints.filter((text) => !/401|400/.test(text))).toEqual([]);
  },
);

test.skipIf(browserPath === undefined)(
  'a page whose stream was refused because too many are open retries until it has one',
  async () => {
    const cluster = await startWithDashboard([]);
    const context = await browser!.newContext();
    const page = await context.newPage();
    let refusals = 0;
    await page.route('**/api/events*', async (route) => {
      if (refusals > 0) return await route.continue();
      refusals += 1;
      return await route.fulfill({ status: 503, json: { error: 'too many pages are open' } });
    });
    await page.goto(cluster.link);
    await page.getByText('No study yet').waitFor();
    expect(refusals).toBe(1);
    await context.close();
  },
);
