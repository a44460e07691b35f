/**
 * Referee: the coordinator's own worker, which settles disputes. Its result counts more than any number of
 * tokens, because it runs on the machine that the coordinator and its operator trust.
 *
 *     no dispute --> a dispute: the shell is asked to start the referee --> it computes the contested trials,
 *         and tests a winner whose test gave another result than the stored one
 *         --> no dispute is left: it is drained
 *
 * It trains nothing else. If it does not join in time, cannot load the data, or fails the arithmetic
 * self-test, the majority of tokens decides.
 */
import { contestedTests } from '../attempts/winner-tests.ts';
import { isReferee, type ClusterState } from '../state/cluster-state.ts';
import { isActive, openStage } from '../state/study-entry.ts';
import type { Turn } from '../state/turn.ts';
import { openAudits } from './audits.ts';
import { isContested } from './votes.ts';

/** From the first dispute to the referee's `hello`. */
const startMs = 60_000;

/** Asks the shell to start the referee when there is a dispute, and the referee to leave when there is none. */
export function callReferee(turn: Turn): void {
  const { state, now } = turn;
  if (!state.settings.hasReferee) return;
  if (hasDispute(turn)) {
    if (state.refereeUntilMs !== null) return;
    state.refereeUntilMs = now.monotonicMs + startMs;
    turn.notify({ kind: 'referee-wanted' });
    return;
  }
  if (state.refereeUntilMs === null) return;
  state.refereeUntilMs = null;
  dismissReferees(turn, state);
}

function dismissReferees(turn: Turn, state: ClusterState): void {
  const reason = 'all disputes are settled';
  for (const worker of state.workers.values()) {
    if (!isReferee(worker) || worker.draining) continue;
    worker.draining = true;
    worker.drainReason = reason;
    if (worker.connected) turn.send(worker, { kind: 'drain', reason });
  }
}

function hasDispute(turn: Turn): boolean {
  for (const study of turn.state.studies.values()) {
    if (!isActive(study)) continue;
    if (contestedTests(turn.state, study).length > 0) return true;
    const stage = openStage(study);
    if (stage === undefined || stage.open > 0) continue;
    const isOpen = openAudits(turn, study, stage).some((trial) => isContested(turn.state, trial));
    if (isOpen) return true;
  }
  return false;
}
