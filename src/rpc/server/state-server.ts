/** `UploadState` at the coordinator: stores a part of a state. */
import type { handleUnaryCall, Metadata } from '@grpc/grpc-js';
import type {
  UploadStateRequest,
  UploadStateResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';
import type { Token } from '../credentials/tokens.ts';
import { callStatus } from '../messages/error-status.ts';
import { statePart } from '../messages/state-messages.ts';
import { decoded } from './checked-requests.ts';
import type { ClusterHandlers } from './handlers.ts';

/** @param authorize throws if the call has no token of a worker */
export function stateUpload(
  { uploadState }: Pick<ClusterHandlers, 'uploadState'>,
  authorize: (metadata: Metadata) => Token,
): handleUnaryCall<UploadStateRequest, UploadStateResponse> {
  const respond = async (call: {
    metadata: Metadata;
    request: UploadStateRequest;
  }): Promise<UploadStateResponse> => {
    const { id } = authorize(call.metadata);
    return { wanted: await uploadState(statePart.read(decoded(call.request), ''), id) };
  };
  return (call, send) =>
    void respond(call).then(
      (response) => send(null, response),
      (error: unknown) => send(callStatus(error, 'worker')),
    );
}
