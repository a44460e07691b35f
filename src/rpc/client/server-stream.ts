/** Server stream: reads the responses of a streaming call. */
import type { ClientReadableStream, MethodDefinition } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import { errorFromStatus } from '../messages/error-status.ts';
import type { PinnedClient } from './pinned-channel.ts';

/**
 * Yields responses as they arrive. The coordinator sends no faster than the caller reads.
 *
 * @param stallMs time without a response after which the coordinator counts as unreachable; null: unlimited
 * @param signal ends the stream without an error
 */
export async function* serverStream<Req, Res>(
  { client, address, metadata }: PinnedClient,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<Req, Res>,
  request: Req,
  stallMs: number | null,
  signal?: AbortSignal,
): AsyncGenerator<Res> {
  const call: ClientReadableStream<Res> = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata,
    {},
  );
  call.on('error', () => undefined); // The loop throws it. After the loop nothing else listens.
  const cancel = (): void => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  let stalled: RidgelineError | null = null;
  const stall = (ms: number): void => {
    stalled = new RidgelineError(
      'COORDINATOR_UNREACHABLE',
      `The coordinator at ${address} sent nothing for ${ms / 1_000} s.`,
      'Check that the coordinator is running and that the network works.',
    );
    cancel();
  };
  const timer = stallMs === null ? undefined : setTimeout(stall, stallMs, stallMs);
  try {
    for await (const response of call as AsyncIterable<Res>) {
      clearTimeout(timer);
      yield response;
      timer?.refresh();
    }
  } catch (error) {
    if (signal?.aborted === true) return;
    throw stalled ?? errorFromStatus(error, address);
  } finally {
    signal?.removeEventListener('abort', cancel);
    clearTimeout(timer);
    cancel();
  }
}
