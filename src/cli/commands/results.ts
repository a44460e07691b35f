/** `ridgeline results`, `trial` and `diff`: read from the store, with or without a running coordinator. */
import type { Command } from 'commander';
import { locateNamed } from '../../dataset/locate.ts';
import { namedDataset } from '../../dataset/named-datasets.ts';
import { cyclicalRateFrom } from '../../report/charts/rate-cycles.ts';
import { trialJson } from '../../report/files/trial-json.ts';
import { diffSide, studyDiff } from '../../report/results/study-diff.ts';
import { studyResults } from '../../report/results/study-results.ts';
import { diffJson, formatDiff } from '../../report/terminal/diff-text.ts';
import { terminalCurve } from '../../report/terminal/terminal-curve.ts';
import { formatTrial } from '../../report/terminal/trial-text.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';
import { trialName } from '../../study/trial.ts';
import { dataDirectory, say, stateDirectory, type Context } from '../process/context.ts';
import {
  addCommand,
  formatOption,
  outputFormatOption,
  usageError,
  wholeNumber,
  withDataOption,
} from '../process/options.ts';
import { isTrainedHere } from '../../study/trainer-description.ts';
import { trainCommand } from '../process/resume-command.ts';
import { printResult, textOptions } from '../process/terminal.ts';
import { resultFormats } from '../results/result-formats.ts';
import { writeJournal, writeResults, type ResultsFlags } from '../results/results-output.ts';
import { storedTrial, studyAndTrials } from '../results/stored-study.ts';

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
      'ridgeline results quickstart --top 5',
      'ridgeline results quickstart -o results.csv',
      'ridgeline results quickstart --curves -o curves.parquet',
      'ridgeline results quickstart coarse-to-fine -o journal.log',
      "ridgeline results quickstart --winner --format json --require 'test_accuracy >= 90 %'",
    ],
  })
    .argument('<studies...>', 'study names')
    .option('--stage <name>', 'name of the only stage to show')
    .addOption(
      wholeNumber(
        '--top <n>',
        `the best rows of all stages, or of --stage (default: ${topDefault} per stage in a table, 10 in LaTeX)`,
        1,
        1_000_000,
      ),
    )
    .option('--all', 'all rows')
    .option('--all-stages', 'one list of all stages, by rank in the study (default with --top)')
    .option('--winner', 'only the row of the winner')
    .option('--replicates', 'one row per replicate, instead of means per configuration')
    .option('--curves', 'every measurement of every trial, as tsv, csv, jsonl or parquet')
    .option('--columns <names>', 'columns in order, such as trial,lambda')
    .option('--sort <column>', 'order of the rows, such as lambda or lambda:desc (default: rank)')
    .option('--where <condition>', "condition on rows, such as 'validation_accuracy > 0.45'")
    .option('--require <condition>', 'exits with 1 unless the winner meets the condition')
    .addOption(outputFormatOption(resultFormats))
    .option('--no-header', 'tsv and csv: without the row of names')
    .option('--notes', 'LaTeX: winner, notes and warnings as text, not as comments')
    .option(
      '--chart',
      'chart of the objective below the table: a scatter, or slices and importance of several hyperparameters',
    )
    .option('-o, --output <file>', 'output file; its ending selects the format, - is stdout')
    .addHelpText(
      'after',
      `
--where and --require accept columns, = != < <= > >=, and, or, not and parentheses. Columns are named as in
the files; accuracies are shares: write 0.95 or 95 %.
Endings of -o: .csv .tsv .json .jsonl .parquet .md .tex .log (an Optuna journal); any other: tsv.
Several studies can be written into one Optuna journal.`,
    )
    .action(async (names: string[], flags: AllFlags) => {
      await printStudies(names, flags, context);
    });
}

type AllFlags = ResultsFlags & { readonly all?: boolean };

async function printStudies(
  names: readonly string[],
  flags: AllFlags,
  context: Context,
): Promise<void> {
  if (flags.all === true && flags.top !== undefined)
    throw usageError('--top and --all contradict each other.', 'Leave out one of them.');
  await using reader = await openStoreReader(stateDirectory(context));
  const sources = await reader.snapshot(async (reads) => {
    const read = [];
    for (const name of names) read.push({ ...(await studyAndTrials(reads, name)), reader });
    return read;
  });
  const [source, ...others] = sources;
  if (source === undefined || others.length > 0) {
    await writeJournal(sources, flags, context);
    return;
  }
  const topInTable = flags.all === true ? null : topDefault;
  await writeResults(source, flags, context, topInTable);
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
    .action(async (study: string, name: string, flags: { readonly chart?: boolean }) => {
      await printTrial(study, name, flags.chart === true, context);
    });
}

async function printTrial(
  name: string,
  givenTrial: string,
  withChart: boolean,
  context: Context,
): Promise<void> {
  await using reader = await openStoreReader(stateDirectory(context));
  const { study, trials, trainer } = await studyAndTrials(reader, name);
  const { id, trial } = await storedTrial(reader, name, givenTrial);
  // coarse/7.1 is another name of coarse/7.
  const canonical = trialName(id);
  const attempts = await reader.attempts(name, id);
  const results = studyResults(study, trials, trainer, { rows: 'trial', attempts });
  const row = results.stages.flatMap(({ rows }) => rows).find((of) => of.trial === canonical);
  if (row === undefined) throw new Error(`trial ${canonical} has no row`);
  const { format } = context.flags;
  const isHere = isTrainedHere(study.spec.trainer);
  const command = isHere ? trainCommand(name, canonical, context) : null;
  await hintAtData(study.spec.dataset, context);
  const source = { study, results, row, trial, attempts, command };
  printResult(context, source, trialJson, formatTrial);
  if (!withChart || format === 'json' || trial.result === null) return;
  const rate = cyclicalRateFrom(study.spec.trainer);
  const chart = terminalCurve(trial.result.curve, trainer.metrics, rate, textOptions(context));
  if (chart !== '') context.stdout.write(`\n${chart}`);
}

/** Mentions --data-dir if the data is not found: the store does not record the --data-dir of a search. */
async function hintAtData(dataset: DatasetSpec | undefined, context: Context): Promise<void> {
  const { name, path } = dataset ?? {};
  if (path !== undefined || name === undefined) return;
  const dataDir = dataDirectory(context);
  if ((await locateNamed(namedDataset(name), dataDir)) !== null) return;
  say(
    context,
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
    .action(async (a: string, b: string, flags: { readonly otherState?: string }) => {
      const readSide = async (stateDir: string, name: string) => {
        await using reader = await openStoreReader(stateDir);
        const read = await reader.snapshot((reads) => studyAndTrials(reads, name));
        return diffSide(read.study, read.trials, read.trainer);
      };
      const stateDir = stateDirectory(context);
      const left = await readSide(stateDir, a);
      const right = await readSide(flags.otherState ?? stateDir, b);
      printResult(
        context,
        studyDiff(left, right),
        (diff) => diffJson(left, right, diff),
        (diff, options) => formatDiff(left, right, diff, options),
      );
    });
}
