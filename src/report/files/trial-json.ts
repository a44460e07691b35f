/** One trial as JSON: its row of the results, its attempts, curve and settings. */
import { specFile } from '../../study/spec/canonical-spec.ts';
import { pointJson } from '../results/metric-values.ts';
import { resultFields } from '../results/result-fields.ts';
import type { TrialSource } from '../results/study-results.ts';
import { trialVerification } from '../results/verification.ts';
import { documentText } from '../text/json-value.ts';
import { isoTime } from '../text/number-format.ts';
import { rowJson } from './json.ts';

export function trialJson(source: TrialSource): string {
  const { study, results, row, trial, attempts, command } = source;
  const { dataset, trainer, seed } = specFile(study.spec);
  return documentText({
    study: study.spec.study,
    ...rowJson(resultFields(results), row, results),
    verified_by: trialVerification(study, trial, attempts).workers,
    spec: { seed, dataset, trainer },
    attempt_history: attempts.map((attempt) => ({
      attempt: attempt.attempt,
      kind: attempt.kind,
      worker: attempt.worker,
      outcome: attempt.outcome,
      reason: attempt.reason,
      assigned_at: isoTime(attempt.assignedAtMs),
      ended_at: isoTime(attempt.endedAtMs),
    })),
    curve: (trial.result?.curve ?? []).map((point) => pointJson(point, results.metrics)),
    command,
  });
}
