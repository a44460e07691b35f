/**
 * Main: the entry of a `ridgeline` process. Restarts it under Node's options for its command, and then
 * loads the command line.
 *
 * Nothing else is imported here, since a restarted process loads everything again.
 */
import {
  addressFlags,
  coordinatorFlags,
  exposeGarbageCollector,
  lowMemoryFlags,
  restartWithFlags,
} from '../launch/process-flags.ts';
import { surviveSignals } from './process/stop-signals.ts';

surviveSignals();
const name = process.argv[2];
if (name === 'complete') {
  const { complete } = await import('./completion/complete.ts');
  process.stdout.write(await complete(process.argv.slice(3), process.env));
} else await runCommandLine();

async function runCommandLine(): Promise<void> {
  const isTrainer = name === 'worker' || name === 'train';
  const flags = isTrainer ? lowMemoryFlags : name === 'coordinator' ? coordinatorFlags : [];
  restartWithFlags([...flags, ...addressFlags()]);
  if (isTrainer) exposeGarbageCollector();
  await import('./command-line.ts');
}
