/**
 * Compares the state in memory with the state that a restart would build from the store. If they differ,
 * a crash would change the course of a study.
 */
import { assert } from '../../src/base/assert.ts';
import { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import type { StudyEntry } from '../../src/coordinator/core/state/cluster-state.ts';
import type { TrialEntry } from '../../src/coordinator/core/state/trial-state.ts';
import type { Exclusion } from '../../src/study/exclusion.ts';
import { paramsText } from '../../src/study/search-space.ts';
import { trialName } from '../../src/study/trial.ts';
import type { StoredStudy } from '../../src/coordinator/core/studies/restore.ts';

/** @throws with the first difference */
export function checkRestart(
  { state }: Dispatcher,
  stored: readonly StoredStudy[],
  excluded: ReadonlyMap<string, Exclusion>,
): void {
  const now = { monotonicMs: 0, wallMs: 0 };
  const restarted = new Dispatcher(state.settings, stored, excluded, now).state;
  const probation = [state, restarted].map((one) => [...one.probation.keys()].toSorted().join());
  assert(probation[0] === probation[1], 'a restart keeps the machines on probation');
  for (const study of state.studies.values()) {
    const other = restarted.studies.get(study.name);
    assert(other, `study ${study.name} is open after a restart`);
    const found = toLines(other);
    for (const [index, line] of toLines(study).entries())
      assert(line === found[index], () => `a restart builds ${found[index]}, memory has ${line}`);
  }
}

function toLines(study: StudyEntry): string[] {
  const { name, stamp, status, spec, waiting, winner, budgetEnd, queue, stages } = study;
  const queued = queue.filter((trial) => trial.status === 'waiting').map((trial) => trial.name);
  return [
    JSON.stringify({ name, stamp, status, spec, waiting, winner, budgetEnd }),
    queued.toSorted().join(' '),
    ...stages.map(({ record, open }) => JSON.stringify({ record, open })),
    ...stages.flatMap(({ trials }) => trials).map(toLine),
  ].toSorted();
}

/** A result is compared by its fingerprint and by which parts of it are in memory. */
function toLine({ id, params, result, attempts, rungs, ...trial }: TrialEntry): string {
  const bits = result?.kind === 'complete' ? result.validationCorrect.length : null;
  const numbers = attempts.map((attempt) => Object.values(attempt).join(','));
  const known = rungs?.results.map(
    ({ result: at, fingerprint, worker, audit }) =>
      `${at.steps} ${at.validationCorrect.length} ${fingerprint} ${worker} ${audit}`,
  );
  const rung = JSON.stringify({ toStep: rungs?.toStep, stop: rungs?.stop, known });
  const parts = [trialName(id), paramsText(params), result?.curve.length, bits, rung, ...numbers];
  return [...parts, ...Object.values(trial)].join(' ');
}
