/**
 * Trial writes: store trials and their results. The `WHERE` of a statement is the state that the row
 * expects.
 */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { formatParams, paramsText } from '../../study/search-space.ts';
import { divergedReason, trialName, type TrialStatus } from '../../study/trial.ts';
import type { RowWriters, StoreRow } from '../rows.ts';
import { curveText, metricsText } from './curve-text.ts';
import { rungKeeper, rungStarter } from './write-rungs.ts';
import {
  hasResult,
  insertOrdered,
  isTrial,
  keyColumns,
  prepare,
  prepareOrdered,
  trialKey,
  type OrderedKey,
  type OrderedStatement,
} from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

type TrialColumns<Column extends keyof Tables['trial']> = TrialKey & Pick<Tables['trial'], Column>;

export function trialWriter(
  database: DatabaseSync,
): RowWriters<'trial-created' | 'trial-status' | 'trial-retried' | 'trial-audited'> {
  const create = insertOrdered(database, 'trial', [
    ...keyColumns,
    'params',
    'status',
    'attempts',
    'failures',
  ]);
  const startRungs = rungStarter(database);
  const setStatus = (from: string) =>
    prepare<TrialColumns<'status' | 'reason'>>(
      database,
      `UPDATE trial SET status = :status, reason = :reason WHERE ${isTrial} AND status IN (${from})`,
    );
  const stopRunning = setStatus("'running'");
  const end = setStatus("'waiting', 'running'");
  const retry = prepare<TrialKey>(
    database,
    `UPDATE trial SET status = 'waiting', reason = NULL, failures = 0
     WHERE ${isTrial} AND status IN ('failed', 'cancelled') AND NOT ${hasResult}`,
  );
  const audit = prepare<TrialColumns<'audit'>>(
    database,
    `UPDATE trial SET audit = :audit WHERE ${isTrial} AND ${hasResult}`,
  );
  return {
    'trial-created': ({ study, id, params, toStep }) => {
      const isFinite = (value: unknown) => typeof value !== 'number' || Number.isFinite(value);
      assert(
        Object.values(params).every(isFinite),
        () => `parameters of ${trialName(id)} are finite: ${formatParams(params)}`,
      );
      create(study, id.stage, id.index, id.replicate, paramsText(params), 'waiting', 0, 0);
      if (toStep !== undefined) startRungs({ ...trialKey(study, id), to_step: toStep });
    },
    'trial-status': ({ study, trial, status, reason }) => {
      const statement = status === 'waiting' ? stopRunning : end;
      statement.changeOne({ ...trialKey(study, trial), status, reason });
    },
    'trial-retried': ({ study, trial }) => retry.changeOne(trialKey(study, trial)),
    'trial-audited': ({ study, trial, verdict }) =>
      audit.changeOne({ ...trialKey(study, trial), audit: verdict }),
  };
}

export function resultWriter(
  database: DatabaseSync,
): RowWriters<'trial-ended' | 'result-replaced'> {
  const end = (from: string): OrderedStatement<[...TrialEnd, ...OrderedKey]> =>
    prepareOrdered(
      database,
      `UPDATE trial SET status = :status, reason = :reason WHERE ${isTrial} AND ${from}`,
    );
  // The first result counts, also a late one of a trial that failed without a result.
  const endFirst = end(
    `attempts >= 1 AND (status IN ('waiting', 'running') OR (status = 'failed' AND NOT ${hasResult}))`,
  );
  const endReused = end("status = 'waiting'");
  const endAgain = end("status IN ('complete', 'paused', 'stopped', 'failed')");
  const keepRung = rungKeeper(database);
  const add = resultInserter(database);
  const remove = prepare<TrialKey & { replaces: string }>(
    database,
    `DELETE FROM result WHERE ${isTrial} AND fingerprint = :replaces AND EXISTS (SELECT 1 FROM stage
     WHERE stage.study = result.study AND stage.name = result.stage AND stage.closed = 0)`,
  );
  return {
    'trial-ended': (row) => {
      const { stage, index, replicate } = row.trial;
      const endTrial = row.source === undefined ? endFirst : endReused;
      endTrial(...trialEnd(row), row.study, stage, index, replicate);
      add(row);
      keepRung(row);
    },
    'result-replaced': (row) => {
      const { stage, index, replicate } = row.trial;
      remove.changeOne({ ...trialKey(row.study, row.trial), replaces: row.replaces });
      endAgain(...trialEnd(row), row.study, stage, index, replicate);
      add(row);
      keepRung(row);
    },
  };
}

type TrialEnd = [status: TrialStatus, reason: string | null];

function trialEnd({ result, rung }: Pick<StoreRow<'trial-ended'>, 'result' | 'rung'>): TrialEnd {
  if (result.kind !== 'complete') return ['failed', divergedReason(result.steps)];
  return [rung === 'between' ? 'paused' : 'complete', null];
}

function resultInserter(
  database: DatabaseSync,
): (row: StoreRow<'trial-ended' | 'result-replaced'>) => void {
  const add = insertOrdered(database, 'result', [
    ...keyColumns,
    'worker',
    'steps',
    'seconds',
    'digest',
    'fingerprint',
    'measured_step',
    'metrics',
    'curve',
    'bits',
    'source',
  ]);
  return ({ study, trial: { stage, index, replicate }, worker, result, fingerprint, source }) => {
    const { steps, seconds, curve } = result;
    const isComplete = result.kind === 'complete';
    const last = curve.at(-1);
    add(
      study,
      stage,
      index,
      replicate,
      worker,
      steps,
      seconds,
      isComplete ? result.digest : null,
      fingerprint,
      last?.step ?? null,
      last === undefined ? null : metricsText(last.metrics),
      curveText(curve),
      isComplete ? result.validationCorrect : null,
      source ?? null,
    );
  };
}
