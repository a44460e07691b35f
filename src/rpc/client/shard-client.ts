/** `FetchPart`, the worker's side. */
import type { Client, ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import { errorFromStatus } from '../messages/error-status.ts';
import {
  ClusterServiceService,
  type FetchPartRequest,
  type FetchPartResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';

/** A coordinator that sends nothing for so long is gone or asleep. */
const stallMs = 30_000;

/**
 * The part's bytes as they come; who does not read on holds the coordinator up.
 *
 * @throws RidgelineError COORDINATOR_UNREACHABLE, DATASET_UNKNOWN, …
 */
export async function* fetchPart(
  client: Client,
  metadata: Metadata,
  address: string,
  digest: string,
  offset: number,
): AsyncGenerator<Uint8Array> {
  const { path, requestSerialize, responseDeserialize } = ClusterServiceService.fetchPart;
  const call: ClientReadableStream<FetchPartResponse> = client.makeServerStreamRequest(
    path,
    (request: FetchPartRequest) => requestSerialize(request),
    responseDeserialize,
    { digest, offset: BigInt(offset) },
    metadata,
    {},
  );
  call.on('error', () => undefined); // The loop throws it; after the loop nobody else would hear it.
  let isStalled = false;
  const watchdog = setTimeout(() => {
    isStalled = true;
    call.cancel();
  }, stallMs);
  try {
    for await (const { chunk } of call as AsyncIterable<FetchPartResponse>) {
      clearTimeout(watchdog);
      yield chunk;
      watchdog.refresh();
    }
  } catch (error) {
    if (isStalled) throw stalled(address);
    throw errorFromStatus(error, address);
  } finally {
    clearTimeout(watchdog);
    call.cancel();
  }
}

function stalled(address: string): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `The coordinator at ${address} sent nothing of a data set part for ${stallMs / 1_000} s.`,
    'Check the coordinator and the network between.',
  );
}
