/** The output of `ridgeline verify --decisions`: a table for people, JSON for programs. */
import type { DecisionReplay } from '../../search/planning/replay.ts';
import type { DecisionDifference } from '../../search/planning/replay-stage.ts';
import { documentText } from '../text/json-value.ts';
import { countText } from '../text/number-format.ts';
import { paragraph, type TextOptions } from '../text/text-options.ts';
import { nameColumn, tableLines, textColumn } from './text-table.ts';

export interface VerifiedDecisions extends DecisionReplay {
  readonly study: string;
}

export function decisionsTable(verified: VerifiedDecisions, options: TextOptions): string {
  const { counts, differences, notes } = verified;
  const table = tableLines<DecisionDifference>(
    [
      nameColumn('choice', null, ({ kind }) => kind),
      nameColumn('of', null, ({ where }) => where),
      textColumn('stored', 50, ({ stored }) => stored ?? 'none'),
      textColumn('from the results', 40, ({ replayed }) => replayed ?? 'none'),
    ],
    differences,
    options,
  );
  const made = [
    countText(counts.stages, 'range'),
    countText(counts.trials, 'trial'),
    countText(counts.comparisons, 'comparison at a rung', 'comparisons at rungs'),
    countText(counts.ranks, 'rank'),
  ].join(', ');
  const verdict =
    differences.length === 0
      ? 'all choices follow from the stored results'
      : countText(differences.length, 'choice differs', 'choices differ');
  const noted = notes.flatMap((note) => paragraph(`note: ${note}`, options));
  const lines = [...(differences.length > 0 ? table : []), ...noted];
  const style = differences.length === 0 ? 'green' : 'red';
  const total = paragraph(`${verdict}; made again: ${made} and the winner`, options, style);
  return `${[...lines, ...total].join('\n')}\n`;
}

export function decisionsJson({ study, counts, differences, notes }: VerifiedDecisions): string {
  return documentText({
    study,
    ...counts,
    differing: differences.length,
    differences: differences.map(({ kind, where, stored, replayed }) => ({
      choice: kind,
      of: where,
      stored,
      replayed,
    })),
    notes,
  });
}
