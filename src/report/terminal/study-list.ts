/** Study list: the output of `ridgeline studies`, in all formats: stored studies, and copies of deleted ones. */
import { numberStyles } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { shownStatus, type ShownStatus, type StudySummary } from '../../study/summaries.ts';
import { isOver, type TrialRecord } from '../../study/trial.ts';
import { delimitedText, type FileColumn } from '../files/delimited.ts';
import { documentText } from '../text/json-value.ts';
import { bytesText, countText, metricNamed, metricText, timeText } from '../text/number-format.ts';
import { paragraph, type TextOptions } from '../text/text-options.ts';
import {
  nameColumn,
  numberColumn,
  parameterColumns,
  tableLines,
  textColumn,
} from './text-table.ts';

/** A stored study. Counts are of all stages. */
export interface StudyListLine {
  readonly record: StudyRecord;
  readonly status: ShownStatus;
  /** Trials that have ended, complete or failed. */
  readonly done: number;
  /** Trials of all stages; of a race, those created so far, and at least one per configuration. */
  readonly total: number;
  readonly failed: number;
  readonly best: StudySummary['best'];
  /** Approximate size of its rows in the store. */
  readonly bytes: number;
}

/** A copy of a deleted study. */
export interface DeletedLine {
  readonly study: string;
  readonly file: string;
  readonly deletedAtMs: number;
  readonly bytes: number;
}

export function studyListLine(
  record: StudyRecord,
  trials: readonly TrialRecord[],
  best: StudySummary['best'],
  { bytes, isServed }: { readonly bytes: number; readonly isServed: boolean },
): StudyListLine {
  const { racing, replicates } = record.spec;
  const planned = record.stages.reduce((sum, stage) => {
    const created = trials.filter(({ id }) => id.stage === stage.name).length;
    return sum + Math.max(created, racing ? stage.trials : stage.trials * replicates);
  }, 0);
  const count = (status: TrialRecord['status']): number =>
    trials.filter((trial) => trial.status === status).length;
  const failed = count('failed');
  const status = shownStatus(record.status, isServed);
  return { record, status, done: count('complete') + failed, total: planned, failed, best, bytes };
}

const isoTime = (atMs: number | null): string | null =>
  atMs === null ? null : new Date(atMs).toISOString();

const fields: readonly FileColumn<StudyListLine>[] = [
  ['study', ({ record }) => record.spec.study],
  ['status', ({ status }) => status],
  ['done', ({ done }) => done],
  ['total', ({ total }) => total],
  ['failed', ({ failed }) => failed],
  ['metric', ({ record }) => record.spec.objective.metric],
  ['best_trial', ({ best }) => best?.trial ?? null],
  ['best_value', ({ best }) => best?.value ?? null],
  ['created_at', ({ record }) => isoTime(record.createdAtMs)],
  ['ended_at', ({ record }) => isoTime(record.endedAtMs)],
  ['priority', ({ record }) => record.priority],
  ['bytes', ({ bytes }) => bytes],
  ['reason', ({ record }) => record.reason],
];

export function formatStudyList(
  lines: readonly StudyListLine[],
  deleted: readonly DeletedLine[],
  format: 'table' | 'tsv' | 'json',
  options: TextOptions,
): string {
  if (format === 'tsv') return delimitedText(fields, lines, 'tsv');
  if (format === 'json')
    return documentText({
      studies: lines.map((line) => ({
        ...Object.fromEntries(fields.map(([name, field]) => [name, field(line)])),
        best_params: line.best?.params ?? null,
      })),
      deleted: deleted.map(({ study, file, deletedAtMs, bytes }) => {
        return { study, file, deleted_at: isoTime(deletedAtMs), bytes };
      }),
    });
  const text = lines.length === 0 ? [] : tableLines(tableColumns(lines), lines, options);
  return [...text, ...deletedText(deleted, options)].map((line) => `${line}\n`).join('');
}

function tableColumns(lines: readonly StudyListLine[]) {
  return [
    nameColumn<StudyListLine>('study', null, ({ record }) => record.spec.study),
    textColumn<StudyListLine>('status', null, ({ status }) => status),
    numberColumn<StudyListLine>('trials', 80, ({ done, total }) => `${done}/${total}`),
    nameColumn<StudyListLine>('best', 60, ({ best }) => best?.trial ?? null),
    ...parameterColumns(
      lines,
      55,
      ({ best }) => best && best.params,
      ({ record }) => numberStyles(record.spec.stages),
    ),
    numberColumn<StudyListLine>('value', 65, ({ best, record }) =>
      best === null ? null : metricText(metricNamed(record.spec.objective.metric), best.value),
    ),
    numberColumn<StudyListLine>('created (UTC)', 40, ({ record }) =>
      minuteText(record.createdAtMs),
    ),
    numberColumn<StudyListLine>('ended (UTC)', 30, ({ record: { status, endedAtMs } }) =>
      isOver(status) && endedAtMs !== null ? minuteText(endedAtMs) : null,
    ),
    numberColumn<StudyListLine>('size', 50, ({ bytes }) => bytesText(bytes)),
  ];
}

/** `2026-12-01 07:15` */
function minuteText(atMs: number): string {
  return timeText(atMs).slice(0, 16);
}

function deletedText(deleted: readonly DeletedLine[], options: TextOptions): string[] {
  if (deleted.length === 0) return [];
  const bytes = deleted.reduce((sum, copy) => sum + copy.bytes, 0);
  const names = [...new Set(deleted.map(({ study }) => study))].join(', ');
  const kept = `${countText(deleted.length, 'copy', 'copies')} of deleted studies`;
  return paragraph(
    `  ${kept} (${bytesText(bytes)}): ${names}. \`ridgeline delete --undo STUDY\` restores one, \`ridgeline delete --purge STUDY\` removes its copies`,
    options,
    'dim',
  );
}
