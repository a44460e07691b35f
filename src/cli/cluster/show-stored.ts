/** Dashboard of stored studies: serves them, without a coordinator, until a signal stops it. */
import { say, type Context } from '../process/context.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { startDashboard, type Dashboard, type DashboardAddress } from './dashboard.ts';
import { StoredCluster } from './stored-cluster.ts';

/**
 * @param before the dashboard of a run that has ended, whose open pages stay connected; null for none
 * @throws RidgelineError PORT_IN_USE; or if the store cannot be read
 */
export async function showStoredStudies(
  address: DashboardAddress,
  context: Context,
  before: Dashboard | null = null,
): Promise<void> {
  await using cluster = new StoredCluster(context);
  await cluster.open();
  await using dashboard = await startDashboard(address, cluster, context, before);
  const stopped = Promise.withResolvers<void>();
  using signals = new StopSignals((count) => {
    if (count > 1) process.exit(signals.exitCode);
    stopped.resolve();
  });
  say(context, `${dashboard.text}\n  it shows the stored studies until Ctrl-C`);
  await stopped.promise;
}
