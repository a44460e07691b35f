/** Test coordinator: a real server on a free port of 127.0.0.1, with its own state directory. */
import { systemClock } from '../../../src/base/clock.ts';
import { loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import type { ClusterHandlers, ControlHandlers } from '../../../src/rpc/server/handlers.ts';
import { writeJoinFiles, type JoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import type { JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import { startRpcServer, type RpcServer } from '../../../src/rpc/server/rpc-server.ts';
import type { ServerLimits } from '../../../src/rpc/server/server-limits.ts';
import type { SessionStream } from '../../../src/rpc/server/session-stream.ts';
import { openTokens, type Role, type TokenFile } from '../../../src/rpc/credentials/tokens.ts';
import { StateDirectory } from './state-directory.ts';

export interface TestOptions {
  readonly cluster?: Partial<ClusterHandlers>;
  readonly control?: Partial<ControlHandlers>;
  readonly limits?: Partial<ServerLimits>;
}

/** Streams in the order in which workers opened them. */
class StreamQueue {
  readonly #opened: SessionStream[] = [];
  readonly #waiting: ((stream: SessionStream) => void)[] = [];

  push(stream: SessionStream): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#opened.push(stream);
    else next(stream);
  }

  next(): Promise<SessionStream> {
    const stream = this.#opened.shift();
    if (stream !== undefined) return Promise.resolve(stream);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export class TestCoordinator implements AsyncDisposable {
  readonly state: StateDirectory;
  readonly server: RpcServer;
  readonly tokens: TokenFile;
  readonly join: JoinFiles;
  readonly caPin: string;
  /** Log lines about rejected peers. */
  readonly refused: string[];
  readonly #streams: StreamQueue;

  private constructor(
    state: StateDirectory,
    server: RpcServer,
    tokens: TokenFile,
    caPin: string,
    streams: StreamQueue,
    refused: string[],
  ) {
    this.state = state;
    this.server = server;
    this.tokens = tokens;
    this.caPin = caPin;
    this.refused = refused;
    this.join = writeJoinFiles(state.path, tokens, server.addresses, caPin, Date.now());
    this.#streams = streams;
  }

  static async start(options: TestOptions = {}): Promise<TestCoordinator> {
    const state = new StateDirectory();
    const authority = await loadOrCreateAuthority(state.path, Date.now());
    const tokens = openTokens(state.path);
    const streams = new StreamQueue();
    const refused: string[] = [];
    const server = await startRpcServer('127.0.0.1:0', {
      authority,
      tokens,
      version: '0.1.0',
      clock: systemClock,
      advertise: null,
      limits: options.limits ?? {},
      onRefused: (what) => refused.push(what),
      cluster: {
        session: (stream) => streams.push(stream),
        fetchShard: () => null,
        uploadState: async () => false,
        ...options.cluster,
      },
      control: { ...nothingToControl, ...options.control },
    });
    return new TestCoordinator(state, server, tokens, authority.caPin, streams, refused);
  }

  /** The next stream that a worker opens. */
  nextStream(): Promise<SessionStream> {
    return this.#streams.next();
  }

  target(role: Role, expiresAtMs: number | null = null): JoinTarget {
    const { token, secret } = this.tokens.create(role, Date.now(), expiresAtMs);
    return { address: this.join.worker.address, caPin: this.caPin, tokenId: token.id, secret };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    this.state[Symbol.dispose]();
  }
}

export const nothingToControl: ControlHandlers = {
  submitStudy: ({ spec }) => Promise.resolve({ name: spec, outcome: 'created' }),
  listStudies: () => Promise.resolve([]),
  listWorkers: () => [],
  setStudy: () => Promise.resolve(),
  retryTrials: () => Promise.resolve(0),
  drainWorker: () => 0,
  stopCoordinator: () => undefined,
  async *watch() {},
  async *results() {},
};
