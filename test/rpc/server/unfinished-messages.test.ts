/** Messages that are begun and not ended. */
import { once } from 'node:events';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workerMessageToBytes } from '../../../src/rpc/messages/session-messages.ts';
import { UnfinishedMessages } from '../../../src/rpc/server/unfinished-messages.ts';
import { expectBounded, reading } from '../support/many-unfinished.ts';
import { RawPeer, bearer, framed, sessionPath } from '../support/raw-peer.ts';
import { hello, nextMessage } from '../support/session-talk.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

const fail = (why: string): never => expect.unreachable(why);
const mebibyte = 1024 * 1024;
const limits = { unfinishedBytes: 1_000, messageMs: 60_000 };

describe('the counter of unfinished messages', () => {
  test('counts the bytes of the last message, however the bytes are split', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        messages,
        fc.nat(44),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (all, cut, sizes) => {
          const unfinished = new UnfinishedMessages(limits);
          const counter = unfinished.counter({ bytes: 100 }, { refuse: fail, close: fail });
          const last = framed(new Uint8Array(40)).subarray(0, cut);
          const bytes = Buffer.concat([...all.map((message) => framed(message)), last]);
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % Math.max(1, sizes.length)] ?? bytes.length;
            counter.add(bytes.subarray(at, at + size));
            at += size;
          }
          expect(unfinished.bytes).toBe(last.length);
          counter.end();
          expect(unfinished.bytes).toBe(0);
        },
      ),
    );
  });

  test('closes the call whose unfinished message is the oldest when there are too many bytes', () => {
    const unfinished = new UnfinishedMessages(limits);
    const closed: string[] = [];
    const start = (name: string) =>
      unfinished.counter({ bytes: 500 }, { refuse: fail, close: () => closed.push(name) });
    const part = framed(new Uint8Array(395), 0, 500);
    const counters = ['a', 'b', 'c'].map(start);
    for (const counter of counters.slice(0, 2)) counter.add(part);
    expect(closed).toEqual([]);
    counters[0]!.add(Buffer.alloc(105)); // Its message is complete.
    for (const counter of [counters[0]!, counters[2]!]) counter.add(part);
    expect(closed).toEqual(['b']);
    expect(unfinished.bytes).toBe(800);
    for (const counter of counters) counter.end();
  });

  test('refuses a call at the length of a message that is too long', () => {
    const closed: string[] = [];
    const counter = new UnfinishedMessages(limits).counter(
      { bytes: 10 },
      { refuse: (why) => closed.push(why), close: fail },
    );
    counter.add(framed(new Uint8Array(10)));
    expect(closed).toEqual([]);
    counter.add(framed(new Uint8Array(1), 0, 11));
    expect(closed).toEqual(['a message has at most 10 bytes here, not 11']);
    counter.end();
  });
});

describe('a session', () => {
  const open = (coordinator: TestCoordinator, peer: RawPeer, first = hello) => {
    const call = peer.open({ path: sessionPath, authorization: bearer(coordinator.join.worker) });
    call.resume().write(framed(workerMessageToBytes(first)));
    return call;
  };

  test('that does not end a message in time is closed', async () => {
    await using coordinator = await TestCoordinator.start({
      cluster: reading,
      limits: { messageMs: 50 },
    });
    using peer = new RawPeer(coordinator.server.port);
    open(coordinator, peer).write(framed(new Uint8Array(10), 0, 20));
    await peer.closed;
    expect(coordinator.refused).toContain('127.0.0.1: a message was not complete in time');
  });

  test('sends long messages only once it has received a pack, or holds one', async () => {
    await using coordinator = await TestCoordinator.start();
    const long = framed(new Uint8Array(10), 0, 2 * mebibyte);
    using refused = new RawPeer(coordinator.server.port);
    const call = open(coordinator, refused);
    await nextMessage(await coordinator.nextStream());
    call.write(long);
    await refused.closed;
    expect(coordinator.refused.join()).toContain('at most 1048576 bytes here');
    using holding = new RawPeer(coordinator.server.port);
    const held = [{ pack: 'p', step: 1 }];
    const other = open(coordinator, holding, { ...hello, session: 's2', held });
    await nextMessage(await coordinator.nextStream());
    other.write(long);
    expect(coordinator.server.unfinishedBytes).toBeLessThanOrEqual(15);
    expect((await holding.call({ authorization: bearer(coordinator.join.admin) })).status).toBe(0);
  });

  test('gets the answer unknown for long results of attempts that it does not have', async () => {
    await using coordinator = await TestCoordinator.start();
    using peer = new RawPeer(coordinator.server.port);
    const call = open(coordinator, peer, { ...hello, held: [{ pack: 'p', step: 1 }] });
    const stream = await coordinator.nextStream();
    await nextMessage(stream);
    const received: string[] = [];
    stream.onMessage(({ kind }) => received.push(kind));
    stream.isAssigned = () => false;
    const key = { study: 'study', trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
    const result = { kind: 'diverged', steps: 1, seconds: 1, curve: [] } as const;
    const results = Array.from({ length: 8 }, () => ({ key, result, passed: null }));
    const short = workerMessageToBytes({ kind: 'pack-ended', pack: 'p', results });
    // Unknown fields make it long; the decoder would skip them.
    const unknownField = Buffer.concat([
      Buffer.from([0xfa, 0x01, 0x80, 0x80, 0x08]),
      Buffer.alloc(131_072),
    ]);
    const answered = once(call, 'data');
    call.write(framed(Buffer.concat([short, unknownField])));
    await answered;
    expect(received).toEqual([]);
    call.write(framed(short));
    await nextMessage(stream);
    expect(received).toEqual(['pack-ended']);
  });
});

test('the unfinished messages of 100 sessions of one token take no more memory than all may take', async () => {
  await using coordinator = await TestCoordinator.start({
    cluster: reading,
    limits: { unfinishedBytes: 32 * mebibyte },
  });
  await expectBounded(coordinator, 100, 32 * mebibyte);
}, 60_000);
