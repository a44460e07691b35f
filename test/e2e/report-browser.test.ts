/** The HTML report in a real browser: readable by keyboard and screen reader, by day, by night, and on a phone. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, looks, overflow, seriousProblems } from './browser.ts';
import { ridgeline, scratchDir, writeStudy } from './processes.ts';

let browser: Browser | null = null;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

test.skipIf(browserPath === undefined)(
  'the report of a sweep has nothing serious for axe-core, and fits a phone',
  async () => {
    const dir = scratchDir();
    const state = ['--state', join(dir, 'state')];
    const study = writeStudy(dir, { name: 'report', trials: 12, cycles: 2 });
    const run = await ridgeline(['run', study, '--workers', '1', '--threads', '2', ...state]);
    expect(run.code, run.stderr).toBe(0);
    const file = join(dir, 'report.html');
    expect((await ridgeline(['report', 'report', '-o', file, ...state])).code).toBe(0);
    for (const look of looks) {
      const context = await browser!.newContext({
        viewport: { width: look.width, height: 900 },
        colorScheme: look.scheme,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) complaints.push(request.url());
      });
      await page.goto(pathToFileURL(file).href);
      // Folded parts are read, too.
      await page.evaluate(
        "for (const part of document.querySelectorAll('details')) part.open = true",
      );
      expect(await page.locator('figure svg[role="img"]').count()).toBe(5);
      expect(complaints).toEqual([]);
      expect(await seriousProblems(page), JSON.stringify(look)).toEqual([]);
      expect(await overflow(page), JSON.stringify(look)).toBe(0);
      if (process.env['RIDGELINE_SHOTS'] !== undefined)
        await page.screenshot({
          path: `${process.env['RIDGELINE_SHOTS']}/report-${look.width}-${look.scheme}.png`,
          fullPage: true,
        });
      await context.close();
    }
  },
);
