/** Session streams: real workers' streams to a real server, over TLS on loopback. */
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';
import {
  hello,
  draining,
  nextMessage,
  nextAnswer,
  closedReason,
  closedError,
  connectWorker,
} from '../support/session-talk.ts';

describe('a worker with a valid pin and token', () => {
  test('exchanges messages with its coordinator, and leaves', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
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
    expect(await left).toBe('the worker ended the stream');
    expect(await closed).toBeNull();
    expect(worker.send(hello)).toBe(false);
    expect(stream.send(draining)).toBe(false);
  });

  test('delivers everything that it sent before it left', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
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

  test('receives messages that arrived before it listened', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
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

  test('receives the reason if the coordinator closes the stream, and may connect again', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    stream.close('the disk is full');
    expect(await closed).toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      what: expect.stringContaining('the disk is full'),
    });
    const again = await connectWorker(coordinator.join.worker);
    again.close();
  });

  test('detects that the coordinator has stopped', async () => {
    const coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
    const closed = closedError(worker);
    await coordinator[Symbol.asyncDispose]();
    expect(await closed).toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    const error = await rejection(connectWorker(coordinator.join.worker, { timeoutMs: 500 }));
    expect(error.code).toBe('COORDINATOR_UNREACHABLE');
    expect(error.what).toContain(coordinator.join.worker.address);
    expect(error.what).toContain('no program listens on that port');
    expect(error.fix).toContain('ridgeline coordinator');
  });

  test('receives the complete error with which the coordinator refuses it', async () => {
    await using coordinator = await TestCoordinator.start();
    const worker = await connectWorker(coordinator.join.worker);
    const closed = closedError(worker);
    const stream = await coordinator.nextStream();
    const thrown = new RidgelineError(
      'MACHINE_UNFIT',
      `λ is ünfit: ${'long '.repeat(500)}`,
      'Use another machine.',
    );
    stream.refuse(thrown);
    const error = await closed;
    expect(error).toBeInstanceOf(RidgelineError);
    expect(error).toMatchObject({ code: thrown.code, what: thrown.what, fix: thrown.fix });
  });
});
