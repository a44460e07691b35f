/** Which coordinator a worker joins without --join. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeJoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { StateDirectory } from '../../rpc/support/state-directory.ts';
import { inProcess } from '../support/in-process.ts';

test('a worker without --join joins the coordinator of its state directory, or asks for --join', async () => {
  using state = new StateDirectory();
  const cache = join(state.path, 'cache');
  const worker = ['worker', '--state', state.path, '--cache', cache, '--wait', '0'];
  const none = await inProcess(worker);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain(`--join is missing, and there is no ${state.path}/worker.join`);
  // Nothing listens on port 1.
  const addresses = { local: '127.0.0.1:1', advertised: '127.0.0.1:1' };
  writeJoinFiles(state.path, openTokens(state.path), addresses, 'p'.repeat(43), Date.now());
  const absent = await inProcess(worker);
  expect(absent.code).toBe(4);
  expect(absent.stderr).toContain('No coordinator answered at 127.0.0.1:1');
});
