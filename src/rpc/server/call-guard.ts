/**
 * Call guard: authenticates every call by its headers, before its message is read. So a peer without a
 * token cannot reach the decoder.
 *
 * A request that does not arrive completely in time closes its connection. What a token's role allows is
 * checked by each method (`rpc-server.ts`).
 */
import { Duplex } from 'node:stream';
import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { assert } from '../../base/assert.ts';
import { peerHostPort } from '../credentials/address.ts';
import { messageBytesMax } from '../messages/channel-options.ts';
import { errorToStatus } from '../messages/error-status.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { ServerLimits } from './server-limits.ts';
import type { TlsListener } from './tls-listener.ts';
import type { MessageBudget, MessageCounter, UnfinishedMessages } from './unfinished-messages.ts';

export interface CallGuardOptions {
  readonly connections: ConnectionLimits;
  readonly limits: ServerLimits;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authenticate: (metadata: Metadata) => void;
  readonly listener: TlsListener;
  readonly unfinished: UnfinishedMessages;
}

/** Time for a status to reach the peer before its connection is closed. */
const statusMs = 500;

/** The budgets of open calls, by their metadata: grpc-js passes the same object to the method. */
const budgets = new WeakMap<Metadata, MessageBudget>();

/** The call may send messages of the maximum size from now on. */
export function allowLargeMessages({ metadata }: { readonly metadata: Metadata }): void {
  const budget = budgets.get(metadata);
  if (budget !== undefined) budget.bytes = messageBytesMax;
}

export function callGuard(options: CallGuardOptions): ServerInterceptor {
  const { connections, limits, listener, unfinished } = options;
  return ({ requestStream }, call) => {
    const peer = call.getPeer();
    let timer: NodeJS.Timeout | undefined;
    const budget = { bytes: limits.smallMessageBytes };
    const end = {
      refuse: (details: string): void => {
        connections.logRefused(peerHostPort(peer).host, details);
        call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details });
        setTimeout(() => listener.disconnect(peer), statusMs).unref();
      },
      close: (why: string): void => {
        connections.logRefused(peerHostPort(peer).host, why);
        listener.disconnect(peer);
      },
    };
    countMessages(call, unfinished.counter(budget, end));
    const closeLate = (): void => {
      connections.logRefused(peerHostPort(peer).host, 'a request was not complete in time');
      listener.disconnect(peer);
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            const refusal = checkCall(metadata, peer, options);
            if (refusal === 'disconnected') return;
            if (refusal !== null) return call.sendStatus(refusal);
            budgets.set(metadata, budget);
            if (!requestStream) timer = setTimeout(closeLate, limits.requestMs).unref();
            pass(metadata);
          },
          onReceiveHalfClose: (pass) => {
            clearTimeout(timer);
            pass();
          },
          onCancel: () => clearTimeout(timer),
        });
      },
    });
  };
}

/** grpc-js does not publish the stream of a call, so this relies on its exact version. */
function countMessages(call: object, counter: MessageCounter): void {
  const stream: unknown = Reflect.get(call, 'stream');
  assert(stream instanceof Duplex, 'grpc-js reads a call from an HTTP/2 stream');
  stream.on('data', (chunk: Uint8Array) => counter.add(chunk));
  stream.once('close', () => counter.end());
}

/** @returns the status of a rejected call; `disconnected` if its connection was closed; null if it is accepted */
function checkCall(metadata: Metadata, peer: string, options: CallGuardOptions) {
  const { connections, authenticate, listener } = options;
  const { headerBytes } = options.limits;
  const { host } = peerHostPort(peer);
  if (countHeaderBytes(metadata) > headerBytes) {
    connections.logRefused(host, 'a call had too many headers');
    const details = `the headers of a call have at most ${headerBytes} bytes`;
    return { code: status.RESOURCE_EXHAUSTED, details };
  }
  try {
    authenticate(metadata);
  } catch (error) {
    if (connections.answersBadToken(host)) return errorToStatus(error);
    listener.disconnect(peer);
    return 'disconnected';
  }
  listener.admit(peer);
  return null;
}

function countHeaderBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of [values ?? ''].flat()) bytes += key.length + String(value).length;
  }
  return bytes;
}
