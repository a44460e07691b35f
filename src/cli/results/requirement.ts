/** Requirement: a condition on the winner's row, so that a script can fail if a search was not good enough. */
import { RidgelineError } from '../../base/errors.ts';
import { everyField } from '../../report/results/result-fields.ts';
import { rowTest } from '../../report/results/row-filter.ts';
import type { StudyResults } from '../../report/results/study-results.ts';

/**
 * Reads the condition.
 *
 * @returns a function that checks the winner and returns a sentence, or throws REQUIREMENT_FAILED if there is
 *   no winner or if it does not meet the condition
 * @throws RidgelineError USAGE for a condition that cannot be read
 */
export function readRequirement(results: StudyResults, condition: string): () => string {
  const { study, status, winner } = results;
  const fields = everyField(results);
  const isMet = rowTest(condition, fields, '--require');
  const words = condition.split(/[^\w]+/);
  const named = fields.filter(({ name }) => words.includes(name));
  return () => {
    if (winner === null)
      throw new RidgelineError(
        'REQUIREMENT_FAILED',
        `Study ${study} has no winner (it is ${status}), so ${condition} is not met.`,
        `\`ridgeline results ${study}\` prints the best so far; wait for the study, or run it again.`,
      );
    const values = named.map(({ name, value }) => `${name} is ${value(winner) ?? 'unknown'}`);
    const text = `${winner.trial} of study ${study}: ${values.join(', ')}`;
    if (isMet(winner)) return `the winner meets ${condition}: ${text}`;
    throw new RidgelineError(
      'REQUIREMENT_FAILED',
      `The winner does not meet ${condition}: ${text}.`,
      'Lower the requirement, or improve the study: more trials, another range, longer training.',
    );
  };
}
