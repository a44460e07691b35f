/** Server stream: reads the responses of a streaming call. */
import type { Client, ClientReadableStream, Metadata, MethodDefinition } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import { errorFromStatus } from '../messages/error-status.ts';

export interface ServerStreamOptions {
  readonly metadata: Metadata;
  /** Address of the coordinator, for errors. */
  readonly address: string;
  /** Ends the stream without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Time without a response after which the coordinator counts as unreachable; null: unlimited. */
  readonly stallMs: number | null;
}

/** Yields responses as they arrive. The coordinator sends no faster than the caller reads. */
export async function* serverStream<Req, Res>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<Req, Res>,
  request: Req,
  { metadata, address, signal, stallMs }: ServerStreamOptions,
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
  const abort = (): void => call.cancel();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  let isStalled = false;
  const stalled = (): void => {
    isStalled = true;
    call.cancel();
  };
  const watchdog = stallMs === null ? null : setTimeout(stalled, stallMs);
  try {
    for await (const response of call as AsyncIterable<Res>) {
      if (watchdog !== null) clearTimeout(watchdog);
      yield response;
      watchdog?.refresh();
    }
  } catch (error) {
    if (signal?.aborted === true) return;
    if (isStalled) throw unreachable(address, stallMs ?? 0);
    throw errorFromStatus(error, address);
  } finally {
    signal?.removeEventListener('abort', abort);
    if (watchdog !== null) clearTimeout(watchdog);
    call.cancel();
  }
}

function unreachable(address: string, stallMs: number): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `The coordinator at ${address} sent nothing for ${stallMs / 1_000} s.`,
    'Check that the coordinator is running and that the network works.',
  );
}
