/**
 * What a reader of the results must know before believing them, in words.
 *
 * The warnings of narrowing come from the stages (`search/narrowing.ts`); here are added those that
 * only the whole study shows.
 */
import type { StudyRecord } from '../study/study-record.ts';
import { trialName } from '../study/trial.ts';
import { countText } from './number-format.ts';
import type { ResultRow, StageResults } from './study-results.ts';

export function resultWarnings(
  study: StudyRecord,
  stages: readonly StageResults[],
  rows: readonly ResultRow[],
): readonly string[] {
  return [
    ...stages.flatMap((stage) => stage.warnings.map((warning) => `${stage.name}: ${warning}`)),
    ...lostWarnings(rows),
    ...auditWarnings(rows),
    ...winnerWarnings(study),
    ...studyWarnings(study),
  ];
}

function lostWarnings(rows: readonly ResultRow[]): string[] {
  const failed = rows.filter(({ status }) => status === 'failed');
  // A diverged trial was trained: it has steps. One that was lost has nothing.
  const diverged = failed.filter(({ steps }) => steps !== null);
  const lost = failed.filter(({ steps }) => steps === null);
  const warnings: string[] = [];
  if (diverged.length > 0) {
    warnings.push(
      `${countText(diverged.length, 'trial')} diverged: the loss was no longer a finite number.`,
    );
  }
  if (lost.length > 0) {
    warnings.push(
      `${countText(lost.length, 'trial')} failed without a result and could not be ranked.`,
    );
  }
  return warnings;
}

function auditWarnings(rows: readonly ResultRow[]): string[] {
  const of = (verdict: ResultRow['audit']): string => {
    const names = rows.filter(({ audit }) => audit === verdict).map(({ trial }) => trial);
    return names.length > 5
      ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
      : names.join(', ');
  };
  const [disputed, repeated, unchecked] = [of('disputed'), of('repeated'), of('unchecked')];
  const warnings: string[] = [];
  if (disputed !== '') {
    warnings.push(
      `Workers computed different results of ${disputed}, and there was no other to settle it: not ranked.`,
    );
  }
  if (repeated !== '') {
    warnings.push(
      `Only the worker itself could compute ${repeated} again: it is steady, which does not make it right.`,
    );
  }
  if (unchecked !== '') {
    warnings.push(`${unchecked} should have been computed again; every attempt was lost.`);
  }
  return warnings;
}

function winnerWarnings(study: StudyRecord): string[] {
  const { winner } = study;
  if (winner?.reproduced !== false) return [];
  const worker = winner.testWorker === null ? '' : ` on worker ${winner.testWorker}`;
  return [
    `The winner ${trialName(winner.trial)} was trained again${worker} and gave another result; ` +
      `one of the two machines computes wrongly, so no test accuracy is reported.`,
  ];
}

function studyWarnings({ spec, officialData }: StudyRecord): string[] {
  const warnings: string[] = [];
  if (spec.test === 'all') {
    warnings.push(
      'The test set was measured in every trial: choosing by it makes it optimistic too.',
    );
  }
  if (spec.numerics === 'any') {
    warnings.push(
      'Workers with any arithmetic took part (numerics: any): digests may differ between machines.',
    );
  }
  if (officialData === false) {
    warnings.push("The data set's files differ from the official release.");
  }
  return warnings;
}
