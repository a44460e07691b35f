/** Everything about one trial as JSON: the row of the results, and behind it attempts, curve and settings. */
import { fileShape } from '../../study/spec/file-shape.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { recomputationOf } from '../results/verification.ts';
import { chosenFields } from '../results/result-fields.ts';
import { pointJson } from '../terminal/training-text.ts';
import type { TrialSource } from '../terminal/trial-text.ts';

export function trialJson(source: TrialSource): string {
  const { study, results, row, trial, attempts, command } = source;
  const { dataset, trainer, seed } = fileShape(study.spec);
  const fields = chosenFields(results.objective, null).map(({ name, value }) => [name, value(row)]);
  return jsonText({
    schema_version: schemaVersion,
    study: study.spec.study,
    ...Object.fromEntries(fields),
    is_winner: results.winner?.trial === row.trial,
    verified_by: recomputationOf(study, trial, attempts).workers,
    spec: { seed, dataset, trainer },
    attempt_history: attempts.map((attempt) => ({
      attempt: attempt.attempt,
      kind: attempt.kind,
      worker: attempt.worker,
      outcome: attempt.outcome,
      reason: attempt.reason,
      granted_at: new Date(attempt.grantedAtMs).toISOString(),
      ended_at: attempt.endedAtMs === null ? null : new Date(attempt.endedAtMs).toISOString(),
    })),
    curve: (trial.result?.curve ?? []).map(pointJson),
    command,
  });
}
