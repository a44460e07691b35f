/**
 * Server limits: how much of the coordinator's resources one peer may use.
 *
 * Every host that reaches the port can connect, and a worker's token is stored on many machines. So every
 * peer is limited from its first byte on. Limits of the fields of messages are in
 * `wire-codec.ts`. `docs/limits.md` documents both.
 */
export const serverLimits = {
  /** Open connections. */
  connections: 6_000,
  /** Open connections from one address, so that one host cannot use up all connections. */
  connectionsPerAddress: 2_048,
  /** From the first byte to the end of the TLS handshake. */
  handshakeMs: 5_000,
  /** From the handshake to the first call with a valid token; then the connection is closed. */
  tokenMs: 10_000,
  /** Invalid tokens from one address that are answered; after that its connections are closed. */
  badTokensPerMinute: 10,
  /** Names and values of a call's headers. */
  headerBytes: 8 * 1024,
  /** From a call's headers to the end of its request. Sessions have `helloMs` instead. */
  requestMs: 10_000,
  /** Open sessions of all workers. */
  sessions: 6_000,
  /** Open sessions of one token. */
  sessionsPerToken: 2_048,
  /** New sessions of one token, and from one address, that are accepted at once after a quiet time. */
  newSessions: 4_096,
  /** New sessions after those. */
  newSessionsPerSecond: 50,
  /** Bytes that may wait for a worker that does not read. */
  queuedBytes: 1024 * 1024,
  /** Time for which a worker may read none of the waiting bytes. */
  stallMs: 30_000,
  /** From a session's start to `hello`. */
  helloMs: 10_000,
  /** A message of a session that has received no pack and holds none, and a request of any other call. */
  smallMessageBytes: 1024 * 1024,
  /** From the first byte of a message to its last one. */
  messageMs: 30_000,
  /** Bytes of all messages that are not complete, of all peers together. */
  unfinishedBytes: 256 * 1024 * 1024,
  /** Bytes of the messages of one session. More are read later. */
  bytesPerSecond: 16 * 1024 * 1024,
  /** Bytes that are read at once after a quiet time: two messages of the maximum size. */
  byteBurst: 32 * 1024 * 1024,
  /** Bytes of the messages of all sessions of one token. More are read later. */
  tokenBytesPerSecond: 64 * 1024 * 1024,
  tokenByteBurst: 256 * 1024 * 1024,
  /** Bytes of the messages of all sessions. More are read later. */
  totalBytesPerSecond: 256 * 1024 * 1024,
  totalByteBurst: 1024 * 1024 * 1024,
  /** Messages of one session. More are read later, which slows the sender down. */
  messagesPerSecond: 1_000,
  /** Messages that are read at once after a quiet time. */
  messageBurst: 2_000,
};

export type ServerLimits = Readonly<typeof serverLimits>;

/** Descriptors of the process itself: the store, its log, locks, the event loop, files that it reads. */
const ownFiles = 40;
/** Connections that workers cannot have, so that `status` and the like are answered. */
const keptForControl = 4;

/** Workers below which a limit is reported: the most that `docs/limits.md` measures. */
const manyWorkers = 1_000;

/** Connections for which the limit of open files (`ulimit -n`) has room. @param openFiles null: no limit */
export function connectionsFor(openFiles: number | null) {
  const room = Math.max(2 * keptForControl, (openFiles ?? Infinity) - ownFiles);
  const connections = Math.min(serverLimits.connections, room);
  const sessions = connections - keptForControl;
  return { connections, sessions, isLimited: sessions < manyWorkers };
}
