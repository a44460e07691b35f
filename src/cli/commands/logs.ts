/** `ridgeline logs`: prints what the program of a trial has printed, from the store. */
import type { Command } from 'commander';
import { logsJson } from '../../report/files/logs-json.ts';
import type { LogsSource } from '../../report/results/attempt-logs.ts';
import { formatLogs } from '../../report/terminal/logs-text.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StoreReads } from '../../store/store.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { isProgram, trainerName } from '../../study/trainer-description.ts';
import { trialName } from '../../study/trial.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { addCommand, formatOption, usageError, wholeNumber } from '../process/options.ts';
import { printResult } from '../process/terminal.ts';
import { storedStudy, storedTrial } from '../results/stored-study.ts';

interface LogsFlags {
  readonly attempt?: number;
}

export function addCommands(program: Command, context: Context): void {
  addCommand(program, 'logs', {
    summary: 'prints the output of the program that trained a trial',
    description:
      'Prints the last 64 kB that your program has printed in each attempt of a trial: its lines of JSON (out) and its error output (err).',
    notes: 'The output of an attempt is stored when it ends, without the values of --pass-env.',
    examples: ['ridgeline logs my-search first/7', 'ridgeline logs my-search first/7 --attempt 2'],
  })
    .argument('<study>', 'study name')
    .argument('<trial>', 'trial name, such as coarse/7')
    .addOption(wholeNumber('--attempt <n>', 'only this attempt', 1, 1_000_000))
    .addOption(formatOption())
    .action(async (study: string, trial: string, { attempt }: LogsFlags) => {
      await using reader = await openStoreReader(stateDirectory(context));
      const source = await reader.snapshot(async (reads) => await readLogs(reads, study, trial));
      printResult(context, select(source, attempt), logsJson, formatLogs);
    });
}

async function readLogs(reads: StoreReads, study: string, name: string): Promise<LogsSource> {
  const record = await storedStudy(reads, study);
  const { id } = await storedTrial(reads, study, name);
  const texts = await reads.attemptLogs(study, id);
  const attempts = (await reads.attempts(study, id)).map((attempt) => {
    return { record: attempt, text: texts.get(attempt.attempt) ?? null };
  });
  return { study, trial: id, attempts, silence: silenceOf(record, trialName(id)) };
}

/** Why a trial has no output; null if a program trains it. */
function silenceOf({ spec }: StudyRecord, trial: string): string | null {
  if (isProgram(spec.trainer)) return null;
  return `Study ${spec.study} uses the trainer ${trainerName(spec.trainer)}, which is a part of Ridgeline and prints nothing. \`ridgeline trial ${spec.study} ${trial}\` prints its attempts and measurements.`;
}

function select(source: LogsSource, attempt: number | undefined): LogsSource {
  if (attempt === undefined) return source;
  const attempts = source.attempts.filter(({ record }) => record.attempt === attempt);
  if (attempts.length > 0) return { ...source, attempts };
  const { study, trial } = source;
  const last = source.attempts.at(-1)?.record.attempt ?? 0;
  throw usageError(
    `${trialName(trial)} of ${study} has no attempt ${attempt}: ${last === 0 ? 'it has had none yet' : `its last one is ${last}`}.`,
    `\`ridgeline trial ${study} ${trialName(trial)}\` lists its attempts.`,
  );
}
