/** `ridgeline results`, `trial` and `diff`: read from the store, with or without a running coordinator. */
import type { Command } from 'commander';
import { locateNamed } from '../../dataset/locate.ts';
import { namedDataset } from '../../dataset/named-datasets.ts';
import { cyclicalRateFrom } from '../../report/charts/rate-cycles.ts';
import { trialJson } from '../../report/files/trial-json.ts';
import { diffSide, studyDiff, type DiffSide } from '../../report/results/study-diff.ts';
import { studyResults } from '../../report/results/study-results.ts';
import { diffJson, formatDiff } from '../../report/terminal/diff-text.ts';
import { terminalCurve } from '../../report/terminal/terminal-curve.ts';
import { formatTrial } from '../../report/terminal/trial-text.ts';
import type { StoreReader } from '../../store/store.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';
import { trainerName } from '../../study/trainer-description.ts';
import { trialName } from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';

import {
  dataDirectory,
  say,
  stateDirectory,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import {
  addCommand,
  formatOption,
  outputFormatOption,
  wholeNumber,
  withDataOption,
} from '../process/options.ts';
import { shellWord } from '../process/resume-command.ts';
import { textOptions } from '../process/terminal.ts';
import { resultFormats, writeResults, type ResultsFlags } from '../results/results-output.ts';
import { directoryOptions, storedStudy, storedTrial } from '../results/stored-study.ts';

interface TrialFlags extends CommonFlags {
  readonly format: 'table' | 'json';
  readonly chart?: boolean;
}

interface DiffFlags extends CommonFlags {
  readonly format: 'table' | 'json';
  readonly otherState?: string;
}

const topDefault = 20;

export function addCommands(program: Command, context: Context): void {
  addResults(program, context);
  addTrial(program, context);
  addDiff(program, context);
}

function addResults(program: Command, context: Context): void {
  addCommand(program, 'results', {
    summary: 'prints ranked tables of a study',
    description: 'Prints ranked tables of a study from the store, during a search or after it.',
    examples: [
      'ridgeline results quickstart',
      "ridgeline results quickstart --where 'validation_accuracy > 0.95 and tied' --sort lambda",
      'ridgeline results quickstart --columns trial,lambda,validation_accuracy --all',
      'ridgeline results quickstart --format csv -o results.csv',
    ],
  })
    .argument('<study>', 'study name')
    .option('--stage <name>', 'name of the only stage to show')
    .addOption(
      wholeNumber('--top <n>', `rows per stage (default: ${topDefault} in a table)`, 1, 1_000_000),
    )
    .option('--all', 'all rows')
    .option('--replicates', 'one row per replicate, instead of means per configuration')
    .option('--columns <names>', 'columns in order, such as trial,lambda')
    .option('--sort <column>', 'order of the rows, such as lambda or lambda:desc (default: rank)')
    .option('--where <condition>', "condition on rows, such as 'validation_accuracy > 0.45'")
    .addOption(outputFormatOption(resultFormats))
    .option('--chart', 'scatter chart of the objective below the table')
    .option('-o, --output <file>', 'output file')
    .addHelpText(
      'after',
      `
--where accepts columns, = != < <= > >=, and, or, not and parentheses. Columns are named as in the files.
Formats for other tools: parquet (pandas, Polars, DuckDB), optuna (a journal for optuna-dashboard).`,
    )
    .action(async (study: string, flags: ResultsFlags & { readonly all?: boolean }) => {
      await printResults(study, flags, flags.all === true ? null : topDefault, context);
    });
}

async function printResults(
  study: string,
  flags: ResultsFlags,
  topInTable: number | null,
  context: Context,
): Promise<void> {
  await using reader = await openStoreReader(stateDirectory(context, flags));
  const { record, trials } = await reader.snapshot(async (reads) => ({
    record: await storedStudy(reads, study),
    trials: await reads.trials(study, { correctness: true }),
  }));
  await writeResults({ study: record, trials, reader }, flags, context, topInTable);
}

function addTrial(program: Command, context: Context): void {
  const command = addCommand(program, 'trial', {
    summary: 'prints everything about one trial',
    description:
      'Prints one trial: parameters, settings, attempts, measurements, digest, verification, and the command that trains it again.',
    examples: ['ridgeline trial quickstart coarse/7 --chart'],
  });
  withDataOption(command)
    .argument('<study>', 'study name')
    .argument('<trial>', 'trial name, such as coarse/7')
    .addOption(formatOption())
    .option('--chart', 'learning curve below the table')
    .action(async (study: string, name: string, flags: TrialFlags) => {
      await printTrial(study, name, flags, context);
    });
}

async function printTrial(
  study: string,
  name: string,
  flags: TrialFlags,
  context: Context,
): Promise<void> {
  await using reader = await openStoreReader(stateDirectory(context, flags));
  const record = await storedStudy(reader, study);
  const { id, trial } = await storedTrial(reader, study, name);
  // coarse/7.1 is another name of coarse/7.
  const canonical = trialName(id);
  const attempts = await reader.attempts(study, id);
  const trials = await reader.trials(study, { correctness: true });
  const trainer = describeTrainer(trainerName(record.spec.trainer));
  const results = studyResults(record, trials, trainer, { rows: 'trial', attempts });
  const row = results.stages.flatMap(({ rows }) => rows).find((of) => of.trial === canonical);
  if (row === undefined) throw new Error(`trial ${canonical} has no row`);
  const command = `ridgeline train ${shellWord(study)} --trial ${shellWord(canonical)}${directoryOptions(flags)}`;
  const source = { study: record, results, row, trial, attempts, command };
  const options = textOptions(context, flags);
  await hintAtData(record.spec.dataset, flags, context);
  context.stdout.write(flags.format === 'json' ? trialJson(source) : formatTrial(source, options));
  if (flags.chart !== true || flags.format === 'json' || trial.result === null) return;
  const rate = cyclicalRateFrom(record.spec.trainer);
  const chart = terminalCurve(trial.result.curve, trainer.metrics, rate, options);
  if (chart !== '') context.stdout.write(`\n${chart}`);
}

/** The store does not record the --data-dir of a search. */
async function hintAtData(
  { name, path }: DatasetSpec,
  flags: TrialFlags,
  context: Context,
): Promise<void> {
  if (path !== undefined || name === undefined) return;
  const dataDir = dataDirectory(context, flags);
  if ((await locateNamed(namedDataset(name), dataDir)) !== null) return;
  say(
    context,
    flags,
    `${name} is not in ${dataDir}: to train the trial again, add the --data-dir of the search`,
  );
}

function addDiff(program: Command, context: Context): void {
  addCommand(program, 'diff', {
    summary: 'compares two studies',
    description:
      'Compares two studies: their files, their results, and how many trials are identical bit by bit.',
    examples: [
      'ridgeline diff quickstart coarse-to-fine',
      'ridgeline diff quickstart quickstart --other-state ~/node1-state',
    ],
  })
    .argument('<a>', 'name of a study')
    .argument('<b>', 'name of another study')
    .option('--other-state <dir>', 'state directory of the second study (default: --state)')
    .addOption(formatOption())
    .action(async (a: string, b: string, flags: DiffFlags) => {
      const stateDir = stateDirectory(context, flags);
      await using first = await openStoreReader(stateDir);
      await using second = await openStoreReader(flags.otherState ?? stateDir);
      const left = await readSide(first, a);
      const right = await readSide(second, b);
      const diff = studyDiff(left, right);
      context.stdout.write(
        flags.format === 'json'
          ? diffJson(left, right, diff)
          : formatDiff(left, right, diff, textOptions(context, flags)),
      );
    });
}

async function readSide(reader: StoreReader, study: string): Promise<DiffSide> {
  return await reader.snapshot(async (reads) => {
    const record = await storedStudy(reads, study);
    const trials = await reads.trials(study, { correctness: true });
    return diffSide(record, trials, describeTrainer(trainerName(record.spec.trainer)));
  });
}
