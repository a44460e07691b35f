/**
 * Broken programs: ends a study whose program (a command trainer of the user) has failed on every worker
 * before any trial had a result. Then the program is the cause, and its user wants to read why at once.
 *
 * A program that works on one worker is not broken: the others lack something that it needs, and back off.
 */
import type { PackEntry, StudyEntry } from '../state/cluster-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableWorkers } from '../workers/able-workers.ts';
import { isActive } from '../state/study-entry.ts';
import { cancelStudy } from './failed-attempts.ts';

/** Failures of the program before the study ends. */
const failuresMin = 3;

export function noteProgramFailure(
  turn: Turn,
  study: StudyEntry,
  { session }: PackEntry,
  reason: string,
): void {
  if (study.needs === null || !isActive(study)) return;
  const { programFailures } = study;
  programFailures.count += 1;
  programFailures.sessions.add(session);
  if (programFailures.count < failuresMin) return;
  if (
    !ableWorkers(turn.state, study).every((worker) => programFailures.sessions.has(worker.session))
  )
    return;
  for (const { result } of study.trials.values()) if (result !== null) return;
  const text = `the program failed ${programFailures.count} times, on each worker, and no trial has a result: ${reason}`;
  cancelStudy(turn, study, text, 'failed');
}
