/**
 * What one peer may cost the coordinator: every limit of its server in one table.
 *
 * A cluster's port stands open to whoever reaches it, and a worker's token lies on many machines. So
 * what is held for a peer is bounded from the first byte on, before anything of it is understood:
 * connections, then the time to show a token, then calls, messages and what waits to be read. How
 * long names and lists may be is said beside their reading: `wire-reading.ts`.
 *
 * `docs/limits.md` is this table for people.
 */
export interface ServerLimits {
  /** Open at once, from anywhere. */
  readonly connections: number;
  /** Open at once from one address: a stranger cannot take the place of everybody else. */
  readonly connectionsPerAddress: number;
  /** From the first byte to the end of the TLS handshake. */
  readonly handshakeMs: number;
  /** From the handshake to the first call with a good token; then the connection is ended. */
  readonly tokenMs: number;
  /** Bad tokens that one address is told of in a minute; after that its connection is ended instead. */
  readonly badTokensPerMinute: number;
  /** Names and values of a call's headers. */
  readonly headerBytes: number;
  /** From a call's headers to the end of its request; sessions have `helloMs` instead. */
  readonly requestMs: number;
  /** Open at once with one token: one that was stolen cannot fill the coordinator. */
  readonly sessionsPerToken: number;
  /** What may wait for a worker that does not read. */
  readonly queuedBytes: number;
  /** How long nothing of it may be taken. */
  readonly stallMs: number;
  /** From a session's start to `hello`. */
  readonly helloMs: number;
  /** Messages of one session: beyond it they are read later, which slows their sender down. */
  readonly messagesPerSecond: number;
  /** Messages that may come at once after a quiet time. */
  readonly messageBurst: number;
}

export const serverLimits: ServerLimits = {
  connections: 6_000,
  connectionsPerAddress: 2_048,
  handshakeMs: 5_000,
  tokenMs: 10_000,
  badTokensPerMinute: 10,
  headerBytes: 8 * 1024,
  requestMs: 10_000,
  sessionsPerToken: 2_048,
  queuedBytes: 1024 * 1024,
  stallMs: 30_000,
  helloMs: 10_000,
  messagesPerSecond: 1_000,
  messageBurst: 2_000,
};

/**
 * The longest message: a pack of 8 results with 10,000 measurements each has 8 MB. Whole messages are
 * held in memory, so this is also what one call can make the other side allocate.
 */
export const messageBytesMax = 16 * 1024 * 1024;

/** Calls on one connection at once: a session, parts of data sets, and some to spare. */
export const callsPerConnection = 16;
