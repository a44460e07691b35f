/** The address of a dashboard, in its link and in the requests that it accepts. */
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { dashboardAddress, startDashboard } from '../../../src/cli/cluster/dashboard.ts';
import { StoredCluster } from '../../../src/cli/cluster/stored-cluster.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { testContext } from '../support/test-context.ts';

/** The status of a request with this `Host`. */
async function statusFor(port: number, host: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers: { host: `${host}:${port}` } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test('a dashboard on all addresses is linked and opened under the name that --advertise gives this machine', async () => {
  using directory = temporaryDirectory();
  const context = testContext({ state: directory.path });
  const flags = { http: '0.0.0.0:0', advertise: 'Head.example:7070' };
  await using cluster = new StoredCluster(context);
  await cluster.open();
  await using dashboard = await startDashboard(dashboardAddress(flags)!, cluster, context);
  const { port } = dashboard.server;
  expect(dashboard.text).toContain(`http://Head.example:${port}/#code=`);
  expect(await statusFor(port, 'head.example')).toBe(200);
  expect(await statusFor(port, 'other.example')).toBe(403);
});
