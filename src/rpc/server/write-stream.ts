/** Streams from the coordinator, no faster than the other side takes them. */
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** Who takes nothing for so long is gone or asleep. */
const stallMs = 30_000;

/**
 * Writes every message of `source` and ends the call.
 *
 * `call.write` never refuses, it buffers. When it returns false nothing is pulled from `source` until
 * 'drain', so that the pressure travels back to whoever produces. On an error or when `signal` fires
 * the call is left to the caller, and `source` is closed by `for await`.
 */
async function writeAll<Req, Res>(
  call: ServerWritableStream<Req, Res>,
  source: Iterable<Res> | AsyncIterable<Res>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of source) {
    signal.throwIfAborted();
    if (call.write(message)) continue;
    await once(call, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(stallMs)]) });
  }
  call.end();
}

export interface StreamEnd {
  /** Fires when the call has ended, whoever ended it. */
  readonly signal: AbortSignal;
  /** Ends it from our side with this error. */
  readonly cut: (error: unknown) => void;
}

/** Serves one streaming call: `start` checks it and gives the messages; what it throws is the status. */
export async function serveStream<Req, Res>(
  call: ServerWritableStream<Req, Res>,
  start: (end: StreamEnd) => Iterable<Res> | AsyncIterable<Res>,
  statusOf: (error: unknown) => object,
): Promise<void> {
  const stop = new AbortController();
  const cut = (error: unknown): void => {
    if (stop.signal.aborted) return;
    call.emit('error', statusOf(error));
    stop.abort();
  };
  call.once('cancelled', () => stop.abort());
  try {
    await writeAll(call, start({ signal: stop.signal, cut }), stop.signal);
  } catch (error) {
    cut(error);
  } finally {
    stop.abort();
  }
}
