/** Unary call: one request with a deadline, and its response. */
import type { MethodDefinition } from '@grpc/grpc-js';
import { errorFromStatus } from '../messages/error-status.ts';
import type { PinnedClient } from './pinned-channel.ts';

/** @throws the error that the coordinator threw; RidgelineError COORDINATOR_UNREACHABLE */
export async function unaryCall<Req, Res>(
  { client, address, metadata }: PinnedClient,
  method: MethodDefinition<Req, Res>,
  request: Req,
  deadlineMs: number,
): Promise<Res> {
  const { promise, resolve, reject } = Promise.withResolvers<Res>();
  client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    { deadline: Date.now() + deadlineMs },
    (error, response) => {
      if (error !== null) reject(errorFromStatus(error, address));
      else if (response !== undefined) resolve(response);
    },
  );
  return await promise;
}
