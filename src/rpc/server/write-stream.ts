/** Response streams: writes messages no faster than the peer reads them. */
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { callStatus } from '../messages/error-status.ts';

/** A peer that reads nothing for this long counts as disconnected. */
const stallMs = 30_000;

/**
 * Serves one streaming call. An error becomes its status.
 *
 * @param start checks the request and returns the messages. `signal` is aborted when the call has ended
 *   for any reason; `end` ends it with an error.
 */
export async function serveStream<Req, Res>(
  call: ServerWritableStream<Req, Res>,
  peer: 'worker' | 'client',
  start: (signal: AbortSignal, end: (error: unknown) => void) => AsyncIterable<Res>,
): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const end = (error: unknown): void => {
    if (signal.aborted) return;
    call.emit('error', callStatus(error, peer));
    stop.abort();
  };
  call.once('cancelled', () => stop.abort());
  try {
    for await (const message of start(signal, end)) {
      signal.throwIfAborted();
      if (call.write(message)) continue;
      // `write` buffers without a limit, so this waits before it takes more of the source.
      await once(call, 'drain', {
        signal: AbortSignal.any([signal, AbortSignal.timeout(stallMs)]),
      });
    }
    call.end();
  } catch (error) {
    end(error);
  } finally {
    stop.abort();
  }
}
