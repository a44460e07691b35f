/**
 * State search: the states from which a pack continues: those that this worker has kept, or else those that
 * other workers have uploaded. A state that is not found, or whose download fails, costs time only.
 */
import { createHash } from 'node:crypto';
import type { Assignment, UploadedState } from '../../rpc/messages/messages.ts';
import type { Metric } from '../../study/metrics.ts';
import type { FetchShard } from '../dataset-holder.ts';
import { decodeUpload } from './upload-content.ts';
import type { StateKeeper } from './state-keeper.ts';
import { statesWanted, toResumption, type KeptState, type Resumption } from './state-keys.ts';

/** A state of more bytes is not fetched. */
const bytesMax = 2 * 2 ** 30;

/** @param metrics those of the trainer, in its order */
export async function findStates(
  assignment: Assignment,
  keeper: Pick<StateKeeper, 'get'>,
  fetch: FetchShard,
  metrics: readonly Metric[],
): Promise<Resumption | null> {
  const keys = statesWanted(assignment);
  if (keys === null) return null;
  const found: KeptState[] = [];
  const uploaded: (UploadedState | null)[] = [];
  for (const [member, key] of keys.entries()) {
    const kept = await keeper.get(key);
    const offered = assignment.members[member]?.state ?? null;
    const state = kept ?? (offered === null ? null : await fetchState(offered.digest, fetch));
    if (state === null) return null;
    found.push(state);
    uploaded.push(kept === null ? offered : null);
  }
  const resumption = toResumption(keys, found);
  if (resumption === null) return null;
  const states = resumption.states.map((state, member) => {
    const foreign = uploaded[member];
    const digest = keys[member]?.digest;
    if (!foreign || digest === undefined) return state;
    return { ...state, expected: { digest, fingerprint: foreign.fingerprint, metrics } };
  });
  return { ...resumption, states };
}

async function fetchState(digest: string, fetch: FetchShard): Promise<KeptState | null> {
  const chunks: Uint8Array[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of fetch(digest)) {
      bytes += chunk.length;
      if (bytes > bytesMax) return null;
      hash.update(chunk);
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return hash.digest('hex') === digest ? decodeUpload(Buffer.concat(chunks)) : null;
}
