/**
 * Call guard: authenticates every call by its headers, before its message is read. So a peer without a
 * token cannot reach the decoder.
 *
 * A request that does not arrive completely in time closes its connection. What a token's role allows is
 * checked by each method (`rpc-server.ts`).
 */
import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { peerHostPort } from '../credentials/address.ts';
import { errorToStatus } from '../messages/error-status.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { ServerLimits } from './server-limits.ts';

export interface CallGuardOptions {
  readonly connections: ConnectionLimits;
  readonly limits: Pick<ServerLimits, 'headerBytes' | 'requestMs'>;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authenticate: (metadata: Metadata) => void;
  /** Called when a peer has sent a valid token. */
  readonly admit: (peer: string) => void;
  readonly hangUp: (peer: string) => void;
}

export function callGuard(options: CallGuardOptions): ServerInterceptor {
  const { connections, limits, hangUp } = options;
  return ({ requestStream }, call) => {
    const peer = call.getPeer();
    let timer: NodeJS.Timeout | undefined;
    const startTimer = (): NodeJS.Timeout =>
      setTimeout(() => {
        const { host } = peerHostPort(peer);
        connections.complain(host, 'a request was begun and not ended in time');
        hangUp(peer);
      }, limits.requestMs).unref();
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            const refusal = checkCall(metadata, peer, options);
            if (refusal === 'hung-up') return;
            if (refusal !== null) return call.sendStatus(refusal);
            if (!requestStream) timer = startTimer();
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

/** @returns the status of a rejected call; `hung-up` if its connection was closed; null if it is accepted */
function checkCall(metadata: Metadata, peer: string, options: CallGuardOptions) {
  const { connections, limits, authenticate, admit, hangUp } = options;
  const { headerBytes } = limits;
  const { host } = peerHostPort(peer);
  if (countHeaderBytes(metadata) > headerBytes) {
    connections.complain(host, 'a call had too many headers');
    const details = `the headers of a call have at most ${headerBytes} bytes`;
    return { code: status.RESOURCE_EXHAUSTED, details };
  }
  try {
    authenticate(metadata);
  } catch (error) {
    if (connections.answersBadToken(host)) return errorToStatus(error);
    hangUp(peer);
    return 'hung-up';
  }
  admit(peer);
  return null;
}

function countHeaderBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of [values ?? ''].flat()) bytes += key.length + String(value).length;
  }
  return bytes;
}
