/**
 * Screenshots: takes the documentation's pictures of the dashboard with Debian's chromium. It starts a
 * coordinator and two workers, and waits until half of the second stage is complete.
 *
 *     node scripts/screenshots.ts configs/coarse-to-fine.yaml --data-dir ~/data
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'data-dir': { type: 'string' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    output: { type: 'string', default: 'docs' },
  },
});
const study = positionals[0] ?? 'configs/quickstart.yaml';
const folder = mkdtempSync(join(tmpdir(), 'ridgeline-screenshots-'));
const children: ChildProcess[] = [];

function ridgeline(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['scripts/ridgeline.mjs', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** Waits until the child has written `pattern` to either stream. */
async function waitForOutput(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = '';
  return await new Promise((found, failed) => {
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match !== null) found(match[1] ?? match[0]);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', (code) =>
      failed(new Error(`exit code ${code} before ${pattern}: ${text}`)),
    );
  });
}

async function takePictures(browser: Browser, link: string): Promise<void> {
  const first = await browser.newContext({
    viewport: { width: 1280, height: 1000 },
    colorScheme: 'light',
  });
  const page = await first.newPage();
  await page.goto(link);
  await page.locator('.stages li').nth(1).waitFor();
  const bar = page.locator('.stages li').nth(1).locator('.bar');
  const share = async (): Promise<number> =>
    await bar.evaluate(
      (element: { ariaValueNow: string; ariaValueMax: string }) =>
        Number(element.ariaValueNow) / Number(element.ariaValueMax),
    );
  while ((await share()) < 0.5) await wait(200);
  await page.screenshot({ path: join(values.output, 'dashboard.png') });
  const dark = await browser.newContext({
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  await dark.addCookies(await first.cookies());
  const small = await dark.newPage();
  await small.goto(new URL(link).origin);
  await small.locator('.chart svg').first().waitFor();
  await small.screenshot({ path: join(values.output, 'dashboard-dark.png') });
}

try {
  const data = values['data-dir'] === undefined ? [] : ['--data-dir', values['data-dir']];
  const state = join(folder, 'state');
  const coordinator = ridgeline(
    'coordinator',
    study,
    '--state',
    state,
    '--listen',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
    ...data,
  );
  const [link, joinFile] = await Promise.all([
    waitForOutput(coordinator, /(http:\S+#code=\S+)/),
    waitForOutput(coordinator, /--join (@\S+)/),
  ]);
  for (const name of ['node-1', 'node-2'])
    ridgeline(
      'worker',
      '--join',
      joinFile,
      '--name',
      name,
      '--threads',
      '1',
      '--cache',
      join(folder, name),
    );
  await using stack = new AsyncDisposableStack();
  const browser = stack.adopt(
    await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox'] }),
    (open) => open.close(),
  );
  await takePictures(browser, link);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
