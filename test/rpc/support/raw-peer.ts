/** Raw peer: sends HTTP/2 frames that the real clients never send. */
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { JoinTarget } from '../../../src/rpc/credentials/join-string.ts';

export const sessionPath = '/ridgeline.v1.ClusterService/Session';
export const shardPath = '/ridgeline.v1.ClusterService/FetchShard';
const versionPath = '/ridgeline.v1.ControlService/GetVersion';
export const watchPath = '/ridgeline.v1.ControlService/Watch';

export const bearer = ({ tokenId, secret }: JoinTarget): string => `Bearer ${tokenId}:${secret}`;

/** gRPC's framing: whether it is compressed, the length, the bytes. */
export function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

export interface Answer {
  /** `grpc-status`; null if the stream or its connection ended before it arrived. */
  readonly status: number | null;
  readonly http: number | null;
  /** Headers, trailers and body. */
  readonly text: string;
}

export interface RawCall {
  readonly path?: string;
  readonly authorization?: string | string[];
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
}

export class RawPeer implements Disposable {
  readonly session: ClientHttp2Session;
  readonly closed: Promise<unknown>;

  constructor(port: number) {
    this.session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    this.session.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.session.once('close', resolve));
  }

  open({ path = versionPath, authorization, headers = {} }: RawCall) {
    const request = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(authorization === undefined ? {} : { authorization: authorization as string }),
      ...headers,
    });
    request.on('error', () => undefined);
    return request;
  }

  /** A complete call. It also ends when its connection does. */
  async call(call: RawCall): Promise<Answer> {
    const request = this.open(call);
    const said: IncomingHttpHeaders[] = [];
    const chunks: Buffer[] = [];
    request.on('response', (headers) => said.push(headers));
    request.on('trailers', (headers) => said.push(headers));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.end(call.body ?? framed(new Uint8Array(0)));
    await new Promise((resolve) => request.once('close', resolve));
    const all: IncomingHttpHeaders = Object.assign({}, ...said);
    const text = said.map((headers) => JSON.stringify({ ...headers })).join('\n');
    return {
      status: all['grpc-status'] === undefined ? null : Number(all['grpc-status']),
      http: all[':status'] === undefined ? null : Number(all[':status']),
      text: `${text}\n${Buffer.concat(chunks).toString('latin1')}`,
    };
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

/** A TLS connection without any data yet. */
export async function openTls(port: number): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  });
  socket.on('error', () => undefined);
  socket.resume();
  await new Promise((resolve) => {
    socket.once('secureConnect', resolve);
    socket.once('close', resolve);
  });
  return socket;
}
