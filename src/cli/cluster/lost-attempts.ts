/** Lost attempts: one line for all attempts that end together for one reason, such as those of a lost worker. */
import type { LiveEvent } from '../../coordinator/core/state/live-events.ts';
import { countText } from '../../report/text/number-format.ts';
import { trialName } from '../../study/trial.ts';

export type LostAttempt = Extract<LiveEvent, { kind: 'attempt-lost' }>;

/** Trials that a line names; more are counted. */
const namedMax = 3;

/** A line for each worker and reason, in the order of their first attempts. */
export function lostAttemptLines(
  attempts: readonly LostAttempt[],
  isStudyNamed: boolean,
): string[] {
  const groups = Map.groupBy(attempts, ({ study, worker, reason }) =>
    JSON.stringify([isStudyNamed ? study : '', worker, reason]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const names = group.slice(0, namedMax).map(({ trial }) => trialName(trial));
    const more = group.length - names.length;
    const trials = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const attempt =
      group.length === 1 ? `attempt ${first.attempt}` : countText(group.length, 'attempt');
    const prefix = isStudyNamed ? `${first.study}  ` : '';
    return [
      `${prefix}${trials}: ${attempt} on ${first.worker} ended without a result: ${first.reason}`,
    ];
  });
}
