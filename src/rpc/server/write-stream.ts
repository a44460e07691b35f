/** Response streams: writes messages no faster than the peer reads them. */
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** A peer that reads nothing for this long counts as gone. */
const stallMs = 30_000;

/**
 * Writes every message of `source` and ends the call.
 *
 * `call.write` buffers without a limit. When it returns false, this waits for 'drain' before it reads on
 * from `source`. After an error, or if `signal` is aborted, the caller must end the call.
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
  /** Aborted when the call has ended for any reason. */
  readonly signal: AbortSignal;
  /** Ends the call with this error. */
  readonly end: (error: unknown) => void;
}

/**
 * Serves one streaming call.
 *
 * @param start checks the request and returns the messages
 * @param toStatus converts a thrown error to the status of the call
 */
export async function serveStream<Req, Res>(
  call: ServerWritableStream<Req, Res>,
  start: (stream: StreamEnd) => Iterable<Res> | AsyncIterable<Res>,
  toStatus: (error: unknown) => object,
): Promise<void> {
  const stop = new AbortController();
  const end = (error: unknown): void => {
    if (stop.signal.aborted) return;
    call.emit('error', toStatus(error));
    stop.abort();
  };
  call.once('cancelled', () => stop.abort());
  try {
    await writeAll(call, start({ signal: stop.signal, end }), stop.signal);
  } catch (error) {
    end(error);
  } finally {
    stop.abort();
  }
}
