/** `FetchPart`, the coordinator's side. */
import { RidgelineError } from '../../base/errors.ts';
import type { ClusterHandlers } from '../messages/control-messages.ts';
import { asBuffer } from '../messages/domain-to-wire.ts';
import type {
  FetchPartRequest,
  FetchPartResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';
import { readDigest, readSafeInteger } from '../messages/wire-reading.ts';

/** Several of them wait at a slow receiver: small ones take little of its memory. */
const chunkBytes = 64 * 1024;

/** @throws what `readMessage` catches; RidgelineError DATASET_UNKNOWN */
export function partResponses(
  request: FetchPartRequest,
  { fetchPart }: Pick<ClusterHandlers, 'fetchPart'>,
): AsyncIterable<FetchPartResponse> {
  const digest = readDigest('digest', request.digest);
  const source = fetchPart(digest, readSafeInteger('offset', request.offset));
  if (source === null) {
    throw new RidgelineError(
      'DATASET_UNKNOWN',
      `No study of this coordinator uses a data set part with digest ${digest}.`,
      'Nothing needs to be done if its study has just ended; else report this.',
    );
  }
  return inChunks(source);
}

async function* inChunks(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<FetchPartResponse> {
  for await (const piece of source) {
    for (let at = 0; at < piece.length; at += chunkBytes)
      yield { chunk: asBuffer(piece.subarray(at, at + chunkBytes)) };
  }
}
