/** Health: how packs have ended on a machine or host, which decides when it receives the next one. Data only. */

/** The health of a machine or of a host, over all worker processes that ran there. In memory only. */
export interface Health {
  /** Number of results. */
  finished: number;
  /** Failed packs and lost workers since the last result. */
  failuresInRow: number;
  /** Time of the last failure; monotonic. */
  failedAtMs: number;
  /** Reason of the last failure. */
  reason: string;
  /** Whether the last pack was an isolated one: then untried trials are next. */
  wasIsolated: boolean;
  /** How many leases a pack may take for a step while no pack of the worker makes progress. */
  patience: number;
}

/** How many leases a pack may take for its first step. */
const patienceMin = 4;

export function newHealth(): Health {
  const none = { finished: 0, failuresInRow: 0, failedAtMs: 0, reason: '' };
  return { ...none, wasIsolated: false, patience: patienceMin };
}
