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

/** Serves one streaming call: `start` checks it and gives the messages; what it throws is the status. */
export async function serveStream<Req, Res>(
  call: ServerWritableStream<Req, Res>,
  start: (signal: AbortSignal) => Iterable<Res> | AsyncIterable<Res>,
  statusOf: (error: unknown) => object,
): Promise<void> {
  const stop = new AbortController();
  call.once('cancelled', () => stop.abort());
  try {
    await writeAll(call, start(stop.signal), stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) call.emit('error', statusOf(error));
  }
}
