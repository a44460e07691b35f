import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { RidgelineError } from '../../../src/base/errors.ts';
import { SessionStreams } from '../../../src/coordinator/shell/session-streams.ts';
import { errorToStatus } from '../../../src/rpc/messages/error-status.ts';
import type { WorkerMessage } from '../../../src/rpc/messages/messages.ts';
import type { SessionStream } from '../../../src/rpc/server/session-stream.ts';
import { helloFrom } from '../support/small-cluster.ts';

/** A stream that records what is sent, and whose worker is the test. */
class TestStream implements SessionStream {
  readonly peerAddress = 'address';
  readonly tokenId = 'token';
  isAssigned = (): boolean => true;
  readonly sent: string[] = [];
  closed: string | null = null;
  refused: RidgelineError | null = null;
  say: (message: WorkerMessage) => void = () => undefined;
  #ended: (reason: string) => void = () => undefined;

  send(message: { readonly kind: string }): boolean {
    if (this.closed === null) this.sent.push(message.kind);
    return this.closed === null;
  }
  flush(): void {}
  onMessage(listener: (message: WorkerMessage) => void): void {
    this.say = listener;
  }
  onClosed(listener: (reason: string) => void): void {
    this.#ended = listener;
  }
  close(reason: string): void {
    this.closed = reason;
    this.#ended(reason);
  }
  refuse(error: RidgelineError): void {
    this.refused = error;
    this.close('refused');
  }
}

function bench() {
  const events: string[] = [];
  const stored: (() => void)[] = [];
  const streams = new SessionStreams({
    closedBecause: () => null,
    joined: (hello, _address, opened) => {
      events.push(`joined ${hello.session}`);
      stored.push(opened);
    },
    isAssigned: () => true,
    received: (session, message) => events.push(`${message.kind} from ${session}`),
    left: (session) => events.push(`left ${session}`),
  });
  const open = (): TestStream => {
    const stream = new TestStream();
    streams.serve(stream);
    stream.say(helloFrom('s'));
    return stream;
  };
  return { events, streams, open, storeNext: () => stored.shift()?.() };
}

const drain = { kind: 'drain', reason: 'enough' } as const;
const draining = { kind: 'draining', held: [], reason: '' } as const;

describe('a session stream', () => {
  test('delivers messages after hello at once, and receives messages once hello is stored', () => {
    const { events, streams, open, storeNext } = bench();
    const stream = open();
    stream.say(draining);
    expect(events).toEqual(['joined s', 'draining from s']);
    streams.send('s', drain);
    expect(stream.sent).toEqual([]);
    storeNext();
    streams.send('s', drain);
    expect(stream.sent).toEqual(['drain']);
  });

  test('replaces the earlier stream of its session, which receives no more messages, and the worker does not count as left', () => {
    const { events, streams, open, storeNext } = bench();
    const first = open();
    storeNext();
    const second = open();
    expect(first.closed).toBe('the same session has opened another stream');
    streams.send('s', drain);
    storeNext();
    streams.send('s', drain);
    expect([first.sent, second.sent]).toEqual([[], ['drain']]);
    second.close('cut');
    expect(events).toEqual(['joined s', 'joined s', 'left s']);
  });

  test('is refused with the rule if it does not begin with hello, or has two', () => {
    const { streams, open } = bench();
    const silent = new TestStream();
    streams.serve(silent);
    silent.say(draining);
    const twice = open();
    twice.say(helloFrom('s'));
    expect(silent.refused?.what).toContain('the first message must be hello');
    expect(twice.refused?.what).toContain('a stream has only one hello');
    for (const { refused } of [silent, twice])
      expect(errorToStatus(refused).code).toBe(status.INVALID_ARGUMENT);
  });

  test('that is replaced before its hello is stored receives nothing', () => {
    const { streams, open, storeNext } = bench();
    const first = open();
    const second = open();
    storeNext();
    streams.send('s', drain);
    expect([first.sent, second.sent]).toEqual([[], []]);
    storeNext();
    streams.send('s', drain);
    expect(second.sent).toEqual(['drain']);
  });

  test('is closed with all others when the store fails, also if its hello is not stored yet', () => {
    const { events, streams, open } = bench();
    const stream = open();
    streams.closeAll('the disk is full');
    expect(stream.closed).toBe('the disk is full');
    expect(events).toEqual(['joined s']);
  });
});
