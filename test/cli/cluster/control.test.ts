/** How commands find a coordinator. */
import { expect, test } from 'vitest';
import { withControl } from '../../../src/cli/cluster/control.ts';
import { writeJoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { rejection, StateDirectory } from '../../rpc/support/state-directory.ts';
import { testContext } from '../support/test-context.ts';

test('a command without a running coordinator says when the last event was stored, and that one hangs if it has the lock', async () => {
  using state = new StateDirectory();
  const context = testContext({ state: state.path });
  const call = () => rejection(withControl(context, async () => undefined));
  expect((await call()).what).toContain('No coordinator has been started');
  // Nothing listens on port 1.
  const addresses = { local: '127.0.0.1:1', advertised: '127.0.0.1:1' };
  writeJoinFiles(state.path, openTokens(state.path), addresses, 'p'.repeat(43), Date.now());
  const store = await openStore(state.path, { owner: 'the test' });
  expect((await call()).what).toContain('No coordinator answered at 127.0.0.1:1');
  const atMs = Date.UTC(2026, 8, 21, 14, 13, 22);
  await store.commit([{ kind: 'event', atMs, study: null, what: 'worker-left', detail: '' }]);
  await store.close();
  const error = await call();
  expect(error.code).toBe('COORDINATOR_UNREACHABLE');
  expect(error.what).toMatch(
    new RegExp(
      `No coordinator runs for .*${state.path} \\(the last event of its store was at 2026-09-21 14:13:22Z\\)`,
    ),
  );
});
