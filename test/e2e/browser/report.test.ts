/** The HTML report in a real browser: accessible in light and dark, on large screens and on a phone. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { pageTheme } from '../../../src/report/charts/chart-style.ts';
import { parameterScatter } from '../../../src/report/charts/parameter-scatter.ts';
import { svgText } from '../../../src/report/charts/svg-text.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import {
  browserPath,
  launchBrowser,
  looks,
  overflow,
  seriousProblems,
  unreadableTexts,
} from '../support/browser.ts';
import { ridgeline, scratchDir, writeStudy } from '../support/processes.ts';

let browser: Browser | null = null;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

test.skipIf(browserPath === undefined)(
  'the report of a sweep has no serious accessibility problem, and fits a phone',
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
      // Collapsed sections are checked too.
      await page.evaluate(
        "for (const part of document.querySelectorAll('details')) part.open = true",
      );
      expect(await page.locator('figure svg[role="img"]').count()).toBe(12);
      expect(complaints).toEqual([]);
      expect(await seriousProblems(page), JSON.stringify(look)).toEqual([]);
      expect(await overflow(page), JSON.stringify(look)).toBe(0);
      expect(await page.evaluate(unreadableTexts), JSON.stringify(look)).toEqual([]);
      if (process.env['RIDGELINE_SHOTS'] !== undefined)
        await page.screenshot({
          path: `${process.env['RIDGELINE_SHOTS']}/report-${look.width}-${look.scheme}.png`,
          fullPage: true,
        });
      await context.close();
    }
  },
);

/** Labels of the first chart that are cut off at its edge. */
const cutLabels = `(() => {
  const box = document.querySelector('svg').getBoundingClientRect();
  return [...document.querySelectorAll('svg text, svg tspan')]
    .map((text) => [text.textContent, text.getBoundingClientRect()])
    .filter(([, at]) => at.left < box.left || at.right > box.right || at.top < box.top || at.bottom > box.bottom)
    .map(([text]) => text);
})()`;

test.skipIf(browserPath === undefined)(
  'no label of a scatter chart is cut off, wherever the best trial is, on a phone or on a large screen',
  async () => {
    const page = await browser!.newPage({ viewport: { width: 1_600, height: 900 } });
    for (const width of [260, 336, 760, 1_500]) {
      for (const place of [-9, -8.2, -5, -4, -1.8, -1]) {
        for (const name of ['fine/7', `${'a-long-name-of-a-stage'.repeat(3)}/30`]) {
          const lambda = 10 ** place;
          const trials = [1e-9, 1e-5, 1e-1, lambda].map((at, index) => ({
            stage: 'fine',
            trial: index === 3 ? name : `fine/${100 + index}`,
            at,
            value: at === lambda ? 0.4725 : 0.44 + index / 1e3,
          }));
          const svg = svgText((document) =>
            parameterScatter(
              document,
              {
                title: 'λ against validation accuracy',
                symbol: 'λ',
                metric: classificationMetrics.find(({ name: of }) => of === 'validation_accuracy')!,
                direction: 'maximize',
                stages: [{ name: 'fine', range: { min: 1e-9, max: 0.1 }, isNarrowed: true }],
                trials,
                best: { trial: name, label: `best so far ${name}` },
                width,
                height: Math.min(420, Math.max(260, width * 0.45)),
              },
              pageTheme,
            ),
          );
          await page.setContent(`<body style="font: 15px 'DejaVu Sans'">${svg}</body>`);
          expect(await page.evaluate(cutLabels), `${width} px, ${name} at ${lambda}`).toEqual([]);
        }
      }
    }
  },
);
