/**
 * What stands before every call: its headers are looked at before a byte of its message is read, so
 * that nobody without a token reaches the decoder. A request that is then begun and not ended in time
 * takes its connection with it; sessions, which have no end, have a limit of their own for `hello`.
 *
 * Here a token is only good or bad; what its role allows is decided call by call (`authorize` of
 * `rpc-server.ts`).
 */
import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { peerHostPort } from '../credentials/address.ts';
import { errorToStatus } from '../messages/error-status.ts';
import type { FrontDoor } from './connection-limits.ts';
import type { ServerLimits } from './server-limits.ts';

export interface CallGuardOptions {
  readonly door: FrontDoor;
  readonly limits: Pick<ServerLimits, 'headerBytes' | 'requestMs'>;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authenticate: (metadata: Metadata) => void;
  /** A good token came from this peer. */
  readonly admit: (peer: string) => void;
  readonly hangUp: (peer: string) => void;
}

export function callGuard(options: CallGuardOptions): ServerInterceptor {
  const { door, limits, hangUp } = options;
  return ({ requestStream }, call) => {
    const peer = call.getPeer();
    let timer: NodeJS.Timeout | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            const refusal = refusalOf(metadata, peer, options);
            if (refusal === 'no-answer') return;
            if (refusal !== null) return call.sendStatus(refusal);
            if (!requestStream) {
              timer = setTimeout(() => {
                door.complain(peerHostPort(peer).host, 'a request was begun and not ended in time');
                hangUp(peer);
              }, limits.requestMs).unref();
            }
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

function refusalOf(metadata: Metadata, peer: string, options: CallGuardOptions) {
  const { door, limits, authenticate, admit, hangUp } = options;
  const { headerBytes } = limits;
  const { host } = peerHostPort(peer);
  if (bytesOf(metadata) > headerBytes) {
    door.complain(host, 'a call had too many headers');
    const details = `the headers of a call have at most ${headerBytes} bytes`;
    return { code: status.RESOURCE_EXHAUSTED, details };
  }
  try {
    authenticate(metadata);
  } catch (error) {
    if (door.answersBadToken(host)) return errorToStatus(error);
    hangUp(peer);
    return 'no-answer';
  }
  admit(peer);
  return null;
}

function bytesOf(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of [values ?? ''].flat()) bytes += key.length + String(value).length;
  }
  return bytes;
}
