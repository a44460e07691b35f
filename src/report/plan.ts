/**
 * A search before it is started: every λ that would be tried, and for a stage whose range is not
 * known yet the rule that will find it. What it will cost comes in as sentences.
 */
import type { LambdaSpec } from '../study/study-spec.ts';
import { delimitedText, type Separator } from './delimited.ts';
import { wrapText, wrapWords } from './display-width.ts';
import { renderGrid, type Column } from './grid.ts';
import { jsonText, schemaVersion } from './json-value.ts';
import { countText, lambdaText } from './number-format.ts';
import { shown, widthOf, type TextOptions } from './text-options.ts';

export interface PlannedTrial {
  /** `coarse/7`. */
  readonly trial: string;
  readonly lambda: number;
}

export interface PlannedStage {
  readonly name: string;
  readonly trials: number;
  readonly lambda: LambdaSpec;
  /** Empty where the range is found from another stage's results. */
  readonly sampled: readonly PlannedTrial[];
}

export interface Plan {
  readonly study: string;
  readonly stages: readonly PlannedStage[];
  /** Sentences: steps a trial, time it may take, memory. */
  readonly estimate: readonly string[];
}

/** How a stage gets its range, in words. */
export function rangeRule({ lambda }: PlannedStage): string {
  if (lambda.kind === 'range') {
    return `λ log-uniform from ${lambdaText(lambda.range.min)} to ${lambdaText(lambda.range.max)}`;
  }
  return (
    `λ log-uniform in a range found when stage ${lambda.narrow} has closed: around its best trial, to each side ` +
    `until two trials in a row are worse by more than two standard errors`
  );
}

export function formatPlan(plan: Plan, options: TextOptions): string {
  const width = widthOf(options);
  const blocks = plan.stages.map((stage) => {
    const heading = wrapWords(
      [shown(stage.name, options), countText(stage.trials, 'trial')],
      '  ',
      width,
      '  ',
    );
    const rule = wrapText(shown(`  ${rangeRule(stage)}`, options), width, '  ');
    return [
      ...heading.map((line) => options.color('bold', line)),
      ...rule.map((line) => options.color('dim', line)),
      ...(stage.sampled.length === 0 ? [] : renderGrid(columns, stage.sampled, options).lines),
    ];
  });
  const total = plan.stages.reduce((sum, { trials }) => sum + trials, 0);
  const estimate = [
    `${countText(total, 'trial')} in ${countText(plan.stages.length, 'stage')}; nothing was started`,
    ...plan.estimate,
  ];
  blocks.push(estimate.flatMap((line) => wrapText(shown(line, options), width, '  ')));
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function formatPlanJson(plan: Plan): string {
  return jsonText({
    schema_version: schemaVersion,
    study: plan.study,
    stages: plan.stages.map((stage) => ({
      name: stage.name,
      trials_total: stage.trials,
      lambda:
        stage.lambda.kind === 'range'
          ? {
              min: stage.lambda.range.min,
              max: stage.lambda.range.max,
              distribution: stage.lambda.distribution,
            }
          : { narrow: stage.lambda.narrow, distribution: stage.lambda.distribution },
      trials: stage.sampled,
    })),
    estimate: plan.estimate,
  });
}

/** The trials that can be listed: those of stages whose range is known. */
export function formatPlanDelimited(plan: Plan, separator: Separator): string {
  const rows = plan.stages.flatMap(({ name, sampled }) =>
    sampled.map((planned) => ({ stage: name, ...planned })),
  );
  return delimitedText<(typeof rows)[number]>(
    [
      ['stage', (row) => row.stage],
      ['trial', (row) => row.trial],
      ['lambda', (row) => row.lambda],
    ],
    rows,
    separator,
  );
}

const columns: readonly Column<PlannedTrial>[] = [
  {
    head: 'trial',
    align: 'left',
    importance: null,
    shrink: { widthMin: 8, lost: 'start' },
    cell: (row) => row.trial,
  },
  { head: 'λ', align: 'right', importance: null, cell: (row) => lambdaText(row.lambda) },
];
