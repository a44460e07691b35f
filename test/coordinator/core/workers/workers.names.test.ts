/** Names of connected workers. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import {
  helloFrom,
  later,
  messagesIn,
  newDispatcher,
  peerFrom,
  settings,
  start,
} from '../../support/small-cluster.ts';

const hello = (session: string, machineId = session) =>
  helloFrom(session, { name: 'node', machineId });

function join(dispatcher: Dispatcher, session: string, machineId = session): string | undefined {
  const decision = dispatcher.joined(hello(session, machineId), peerFrom(session), start);
  return messagesIn(decision, 'welcome')[0]?.name;
}

test('two connected workers have different names', () => {
  const dispatcher = newDispatcher();
  expect(join(dispatcher, 'a')).toBe('node');
  expect(join(dispatcher, 'b')).toBe('node-2');
});

test('a worker keeps its name while it may come back', () => {
  const dispatcher = newDispatcher();
  join(dispatcher, 'a');
  dispatcher.streamClosed('a', 'cut', start);
  expect(join(dispatcher, 'b')).toBe('node-2');
  expect(join(dispatcher, 'a')).toBe('node');
});

test('a new process of the same machine takes the name of a process that is away', () => {
  const dispatcher = newDispatcher();
  join(dispatcher, 'a', 'machine');
  dispatcher.streamClosed('a', 'cut', start);
  expect(join(dispatcher, 'b', 'machine')).toBe('node');
  expect(join(dispatcher, 'a', 'machine')).toBe('node-2');
});

test('a session that comes back after its name was given away has another name', () => {
  const dispatcher = newDispatcher();
  join(dispatcher, 'a');
  dispatcher.streamClosed('a', 'cut', start);
  // Longer gaps between ticks count as a pause of the coordinator.
  for (const ms of [500, settings.reconnectMs]) dispatcher.tick(later(ms));
  expect(join(dispatcher, 'b')).toBe('node');
  expect(join(dispatcher, 'a')).toBe('node-2');
  const connected = [...dispatcher.state.workers.values()].map(({ name }) => name);
  expect(new Set(connected).size).toBe(2);
});

test('a machine that has finished trials is proven under another name as well', () => {
  const dispatcher = newDispatcher();
  join(dispatcher, 'a', 'machine');
  dispatcher.state.workers.get('a')!.machine.finished = 3;
  expect(join(dispatcher, 'b', 'machine')).toBe('node-2');
  expect(join(dispatcher, 'c', 'other')).toBe('node-3');
  const finished = (session: string) => dispatcher.state.workers.get(session)!.machine.finished;
  expect([finished('a'), finished('b'), finished('c')]).toEqual([3, 1, 0]);
});
