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
import type { TlsListener } from './tls-listener.ts';

export interface CallGuardOptions {
  readonly connections: ConnectionLimits;
  readonly limits: ServerLimits;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authenticate: (metadata: Metadata) => void;
  readonly listener: TlsListener;
}

export function callGuard(options: CallGuardOptions): ServerInterceptor {
  const { connections, limits, listener } = options;
  return ({ requestStream }, call) => {
    const peer = call.getPeer();
    let timer: NodeJS.Timeout | undefined;
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
