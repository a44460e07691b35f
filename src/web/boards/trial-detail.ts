/** Trial detail: everything that the page of one trial shows, as `ridgeline trial` prints it. */
import { thinnedCurve } from '../../report/results/metric-values.ts';
import { configurationRow, trialRows, type RowSource } from '../../report/results/result-row.ts';
import { trialVerification } from '../../report/results/verification.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import {
  trialName,
  type AttemptRecord,
  type Measurement,
  type TrialRecord,
} from '../../study/trial.ts';
import type { TrialDetail } from '../page-messages.ts';

/** Most points of a curve. */
const pointsMax = 1_000;

export interface DetailSource extends Omit<RowSource, 'attempts'> {
  /** The configuration of the trial. */
  readonly configuration: RankedConfiguration;
  /** With its whole curve. */
  readonly trial: TrialRecord;
  readonly attempts: readonly AttemptRecord[];
  /** The curve so far of a trial that trains now; empty otherwise. */
  readonly running: readonly Measurement[];
  readonly command: string | null;
}

/** Null if the trial was created after the last read of the study's trials. */
export function trialDetail(source: DetailSource): TrialDetail | null {
  const { study, configuration, trial, attempts, running, command } = source;
  const name = trialName(trial.id);
  const rowSource = { ...source, attempts: new Map([[name, attempts]]) };
  const row = trialRows(rowSource, configuration).find((one) => one.trial === name);
  if (row === undefined) return null;
  const mean = configurationRow(rowSource, configuration);
  return {
    study: study.spec.study,
    row,
    mean: configuration.replicates.length > 1 ? mean : null,
    replicates: configuration.replicates.map(({ id, status }) => ({
      trial: trialName(id),
      status,
    })),
    curve: trial.result === null ? running : thinnedCurve(trial.result.curve, pointsMax),
    attempts: attempts.map(
      ({ attempt, kind, worker, assignedAtMs, endedAtMs, outcome, reason }) => ({
        attempt,
        kind,
        worker,
        assignedAtMs,
        endedAtMs,
        outcome,
        reason,
      }),
    ),
    verification: trialVerification(study, trial, attempts).words,
    command,
  };
}
