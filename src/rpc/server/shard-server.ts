/** `FetchShard` at the coordinator: sends the bytes of a shard. */
import { RidgelineError } from '../../base/errors.ts';
import type {
  FetchShardRequest,
  FetchShardResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';
import { asBuffer, digest, safeInteger } from '../messages/wire-codec.ts';
import { decoded } from './checked-requests.ts';
import type { ClusterHandlers } from './handlers.ts';

/** Size of a chunk. Several chunks may wait for a slow receiver, so small chunks save memory. */
const chunkBytes = 64 * 1024;

/** @throws BadField; RidgelineError DATASET_UNKNOWN */
export function shardResponses(
  received: FetchShardRequest,
  { fetchShard }: Pick<ClusterHandlers, 'fetchShard'>,
): AsyncIterable<FetchShardResponse> {
  const request = decoded(received);
  const wanted = digest.read(request.digest, 'digest');
  const source = fetchShard(wanted, safeInteger().read(request.offset, 'offset'));
  if (source === null) {
    throw new RidgelineError(
      'DATASET_UNKNOWN',
      `No study of this coordinator uses a data set shard with digest ${wanted}.`,
      'If its study has just ended, nothing needs to be done. Otherwise report this as a bug.',
    );
  }
  return inChunks(source);
}

async function* inChunks(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<FetchShardResponse> {
  for await (const piece of source) {
    for (let at = 0; at < piece.length; at += chunkBytes)
      yield { chunk: asBuffer(piece.subarray(at, at + chunkBytes)) };
  }
}
