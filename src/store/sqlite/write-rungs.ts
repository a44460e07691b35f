/**
 * Rung writes: store the results of trials at rungs, and what becomes of the trials there.
 *
 * `rung_result` has all of them; `result` has a copy of the one that counts now, or none while the trial is
 * trained on.
 */
import type { DatabaseSync } from 'node:sqlite';
import { stoppedReason } from '../../study/trial.ts';
import type { RowWriters, StoreRow } from '../rows.ts';
import { curveText, metricsText } from './curve-text.ts';
import { insert, isTrial, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

const key = keyColumns.join(', ');

/** @returns inserts the progress of a new trial */
export function rungStarter(
  database: DatabaseSync,
): (row: TrialKey & Pick<Tables['rung_progress'], 'to_step'>) => void {
  return insert(database, 'rung_progress');
}

/** @returns keeps the result of a row as that of its rung, in place of one that was corrected */
export function rungKeeper(
  database: DatabaseSync,
): (row: StoreRow<'trial-ended' | 'result-replaced'>) => void {
  const add = insert(
    database,
    'rung_result',
    `ON CONFLICT (${key}, step) DO UPDATE SET worker = excluded.worker, seconds = excluded.seconds, digest = excluded.digest,
     fingerprint = excluded.fingerprint, metrics = excluded.metrics, curve = excluded.curve, bits = excluded.bits, audit = NULL,
     source = excluded.source`,
  );
  return ({ study, trial, worker, result, fingerprint, rung, source = null }) => {
    if (rung === undefined || result.kind !== 'complete') return;
    const { steps: step, seconds, digest, curve, validationCorrect: bits } = result;
    const metrics = metricsText(curve.at(-1)?.metrics ?? {});
    const texts = { metrics, curve: curveText(curve) };
    const own = { ...trialKey(study, trial), step, worker, seconds, digest, fingerprint };
    add({ ...own, ...texts, bits, source });
  };
}

export function rungWriter(database: DatabaseSync): RowWriters<'trial-moved' | 'trial-stopped'> {
  const run = <Values extends object>(text: string) => prepare<Values>(database, text);
  const keepVerdict = run<TrialKey>(
    `UPDATE rung_result SET audit = (SELECT audit FROM trial WHERE ${isTrial})
     WHERE ${isTrial} AND step = (SELECT steps FROM result WHERE ${isTrial} AND digest IS NOT NULL)`,
  );
  const removeResult = run<TrialKey>(`DELETE FROM result WHERE ${isTrial}`);
  const setTarget = run<TrialKey & { to_step: number | null }>(
    `UPDATE rung_progress SET to_step = :to_step, stop_rung = NULL, stop_step = NULL, leader_stage = NULL,
     leader_index = NULL, only_leader = NULL, only_trial = NULL WHERE ${isTrial}`,
  );
  const setWaiting = run<TrialKey>(
    `UPDATE trial SET status = 'waiting', reason = NULL, audit = NULL, failures = 0 WHERE ${isTrial} AND status <> 'running'`,
  );
  const copyResult = run<TrialKey & { step: number }>(
    `INSERT INTO result (${key}, worker, steps, seconds, digest, fingerprint, measured_step, metrics, curve, bits, source)
     SELECT ${key}, worker, step, seconds, digest, fingerprint, step, metrics, curve, bits, source
     FROM rung_result WHERE ${isTrial} AND step = :step`,
  );
  const setKnown = run<TrialKey & { step: number; status: string }>(
    `UPDATE trial SET status = :status, audit = (SELECT audit FROM rung_result WHERE ${isTrial} AND step = :step)
     WHERE ${isTrial} AND status = 'waiting'`,
  );
  const setStopped = run<TrialKey & { reason: string }>(
    `UPDATE trial SET status = 'stopped', reason = :reason WHERE ${isTrial} AND status = 'paused'`,
  );
  const keepDecision = run<Omit<Tables['rung_progress'], 'to_step'>>(
    `UPDATE rung_progress SET stop_rung = :stop_rung, stop_step = :stop_step, leader_stage = :leader_stage,
     leader_index = :leader_index, only_leader = :only_leader, only_trial = :only_trial WHERE ${isTrial}`,
  );
  return {
    'trial-moved': ({ study, trial, toStep, known }) => {
      const own = trialKey(study, trial);
      keepVerdict.change(own);
      removeResult.change(own);
      setTarget.changeOne({ ...own, to_step: toStep });
      setWaiting.changeOne(own);
      if (known === null) return;
      copyResult.changeOne({ ...own, step: known });
      const status = toStep === null ? 'complete' : 'paused';
      setKnown.changeOne({ ...own, step: known, status });
    },
    'trial-stopped': ({ study, trial, stop }) => {
      const own = trialKey(study, trial);
      setStopped.changeOne({ ...own, reason: stoppedReason(stop) });
      keepDecision.changeOne({
        ...own,
        stop_rung: stop.rung,
        stop_step: stop.step,
        leader_stage: stop.leader.stage,
        leader_index: stop.leader.index,
        only_leader: stop.onlyLeader,
        only_trial: stop.onlyTrial,
      });
    },
  };
}
