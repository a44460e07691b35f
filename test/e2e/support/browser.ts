/** A real browser for tests: Debian's chromium, driven by playwright-core; tests are skipped if it is not installed. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';

export const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) =>
  existsSync(path),
);
if (browserPath === undefined)
  process.stderr.write('skipped: what is looked at in a browser needs chromium\n');

/** @param args further arguments of the browser. @returns null if no browser is installed */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser | null> {
  if (browserPath === undefined) return null;
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', ...args],
  });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    // A busy machine may take many times as long as a quiet one.
    context.setDefaultTimeout(240_000);
    return context;
  };
  return browser;
}

/** Small and large, light and dark. */
export const looks = [
  { width: 1_600, scheme: 'light' },
  { width: 1_024, scheme: 'dark' },
  { width: 390, scheme: 'light' },
] as const;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Findings of axe-core that are serious or worse. */
export async function seriousProblems(page: Page): Promise<string[]> {
  // The policy forbids foreign scripts in the page; the debugger may run one.
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as {
      axe: {
        run: (context: { exclude: string[] }) => Promise<{
          violations: {
            id: string;
            impact: string;
            nodes: { html: string; failureSummary: string }[];
          }[];
        }>;
      };
    };
    // Rows are alike: more of them take time and find nothing else.
    const { violations } = await inPage.run({ exclude: ['tbody tr:nth-child(n + 12)'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  });
}

/** Pixels by which the page is wider than its window. */
export async function overflow(page: Page): Promise<unknown> {
  return await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}

/** Texts of visible charts that overlap another text, arrows excepted, or end beyond the left or right edge of their chart. */
export const unreadableTexts = `[...document.querySelectorAll('figure svg[role="img"], .chart svg[role="img"]')].flatMap((svg) => {
  const chart = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')]
    .map((text) => ({ words: text.textContent.trim(), box: text.getBoundingClientRect() }))
    .filter(({ words, box }) => !/^[↓↑]?$/.test(words) && box.width > 0);
  const isCut = ({ box }) => box.left < chart.left - 1 || box.right > chart.right + 1;
  const isOver = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  return [
    ...texts.filter(isCut).map(({ words }) => 'cut: ' + words),
    ...texts.flatMap((one, index) =>
      texts.slice(index + 1).filter(({ box }) => isOver(one.box, box)).map(({ words }) => one.words + ' over ' + words)),
  ];
})`;
