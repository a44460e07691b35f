/** Sessions between real workers' streams and a real server, over TLS on loopback. */
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { connectSession } from '../../../src/rpc/client/session-client.ts';
import { TestCoordinator, errorOf } from '../support/test-coordinator.ts';
import {
  hello,
  draining,
  nextMessage,
  nextAnswer,
  closedReason,
  closedError,
} from '../support/session-talk.ts';

describe('a worker with the right pin and token', () => {
  test('talks with its coordinator both ways, and leaves', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const stream = await coordinator.nextStream();
    const said = nextMessage(stream);
    const left = closedReason(stream);
    worker.send(hello);
    expect(await said).toEqual(hello);
    expect(stream.peerAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    const answered = nextAnswer(worker);
    expect(stream.send(draining)).toBe(true);
    expect(await answered).toEqual(draining);
    const closed = closedError(worker);
    worker.close();
    expect(await left).toBe('the worker ended it');
    expect(await closed).toBeNull();
    expect(worker.send(hello)).toBe(false);
    expect(stream.send(draining)).toBe(false);
  });

  test('says everything that it said before it left', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const stream = await coordinator.nextStream();
    const kinds: string[] = [];
    stream.onMessage((message) => kinds.push(message.kind));
    const left = closedReason(stream);
    worker.send(hello);
    for (let i = 0; i < 500; i++) worker.send({ kind: 'dataset-ready', dataset: `d${i}` });
    worker.close();
    await left;
    expect(kinds).toHaveLength(501);
  });

  test('hears messages that came before it listened', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const stream = await coordinator.nextStream();
    const said = nextMessage(stream);
    stream.send(draining);
    worker.send(hello);
    await said;
    stream.send({ kind: 'abort', pack: 'p', reason: 'second' });
    const kinds: string[] = [];
    await new Promise<void>((resolve) => {
      worker.onMessage((message) => {
        if (kinds.push(message.kind) === 2) resolve();
      });
    });
    expect(kinds).toEqual(['drain', 'abort']);
  });

  test('is told why when the coordinator closes, and may come back', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    stream.close('the disk is full');
    expect(await closed).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: expect.stringContaining('the disk is full'),
    });
    const again = await connectSession(coordinator.join.worker, {});
    again.close();
  });

  test('is told when the coordinator goes away', async () => {
    const coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const closed = closedError(worker);
    await coordinator[Symbol.asyncDispose]();
    expect(await closed).toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    const error = await errorOf(connectSession(coordinator.join.worker, { timeoutMs: 500 }));
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
    expect(error.what).toContain(coordinator.join.worker.address);
    expect(error.what).toContain('nobody listens there');
    expect(error.fix).toContain('ridgeline coordinator');
  });

  test('is refused with all words when the coordinator has an error for it', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectSession(coordinator.join.worker, {});
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    const told = new RidgelineError(
      'MACHINE_UNFIT',
      `λ is ünfit: ${'long '.repeat(500)}`,
      'Buy another one.',
    );
    stream.refuse(told);
    const error = await closed;
    expect(error).toBeInstanceOf(RidgelineError);
    expect(error).toMatchObject({ code: told.code, what: told.what, fix: told.fix });
  });
});
