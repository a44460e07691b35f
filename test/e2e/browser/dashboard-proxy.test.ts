/** The dashboard behind a proxy, with the configurations of docs/dashboard.md. Skipped without nginx and chromium. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { browserPath, launchBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { hasNginx, startNginx } from '../support/nginx.ts';
import { scratchDir, start } from '../support/processes.ts';

const page = readFileSync('docs/dashboard.md', 'utf8');
/** The nginx configurations and the values of `--http-origin` in the page, in their order. */
const [belowPath = '', namedHost = ''] = [...page.matchAll(/```nginx\n([^]*?)```/g)].map(
  ([, block = '']) => block,
);
const origins = [...page.matchAll(/--http-origin (https:[\w./-]+)/g)].map(([, url = '']) => url);

test.skipIf(!hasNginx || browserPath === undefined)(
  'the dashboard works below the path of nginx, JupyterHub and Open OnDemand and under a host name, and names the missing option elsewhere',
  async () => {
    expect(origins.length).toBe(4);
    const proxyPort = await freePort();
    const [below, named, jupyter, onDemand] = origins.map((url) => {
      const address = new URL(url.replace('https:', 'http:'));
      address.port = String(proxyPort);
      return address;
    }) as [URL, URL, URL, URL];
    const coordinator = start([
      'coordinator',
      '--listen=127.0.0.1:0',
      '--http=127.0.0.1:0',
      `--state=${scratchDir()}`,
      ...[below, named, jupyter, onDemand].flatMap(({ href }) => ['--http-origin', href]),
    ]);
    const [target, port] = await coordinator.prints(/http:\/\/127\.0\.0\.1:(\d+)/);
    const [link] = await coordinator.prints(/http:\S+#code=\S+/);
    const toDashboard = (block: string) => block.replaceAll(':7171', `:${port}`);
    startNginx(`
      server {
        listen 127.0.0.1:${proxyPort} default_server;
        ${toDashboard(belowPath)}
        # As jupyter-server-proxy: the path is removed, the host name is kept.
        location ${jupyter.pathname} { proxy_pass ${target}/; proxy_set_header Host $http_host; }
        # As /node of Open OnDemand: the path is kept, the host name is replaced.
        location ${onDemand.pathname} { proxy_pass ${target}; }
      }
      server {
        listen 127.0.0.1:${proxyPort};
        server_name ${named.hostname};
        ${toDashboard(namedHost)}
      }`);
    const browser = await launchBrowser(['--host-resolver-rules=MAP *.example 127.0.0.1']);
    onTestFinished(async () => await browser?.close());

    const admin = await browser!.newPage();
    await admin.goto(link);
    await admin.getByText('No study yet').waitFor();
    const viewer = await browser!.newPage();
    for (const { href } of [named, jupyter, onDemand]) {
      await admin.getByRole('button', { name: 'Read-only link' }).click();
      const readOnly = (await admin.locator('.notice code').textContent()) ?? '';
      expect(readOnly).toContain(below.href);
      await viewer.goto(readOnly.replace(below.href, href));
      await viewer.getByText('read only').waitFor();
      await admin.getByRole('button', { name: 'Hide' }).click();
    }
    await viewer.goto(`http://other.example:${proxyPort}${below.pathname}#code=x`);
    await viewer
      .getByText(`--http-origin http://other.example:${proxyPort}${below.pathname}`)
      .waitFor();
  },
);
