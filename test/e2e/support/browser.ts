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
  return await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', ...args] });
}

/** Small and large, light and dark. */
export const looks = [
  { width: 1_600, scheme: 'light' },
  { width: 1_600, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
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
