/** `ridgeline results`, `trial` and `diff`: always from the store, whether a coordinator runs or not. */
import { Option, type Command } from 'commander';
import { diffJson, formatDiff } from '../../report/terminal/diff-text.ts';
import { diffSide, studyDiff, type DiffSide } from '../../report/results/study-diff.ts';
import { studyResults } from '../../report/results/study-results.ts';
import { terminalCurve } from '../../report/terminal/terminal-curve.ts';
import { trialJson } from '../../report/files/trial-json.ts';
import { formatTrial } from '../../report/terminal/trial-text.ts';
import { locateNamed } from '../../dataset/locate.ts';
import { namedDataset } from '../../dataset/named-datasets.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StoreReader } from '../../store/sqlite/read.ts';
import type { DatasetSource } from '../../study/spec/study-spec.ts';
import { trialName } from '../../study/trial.ts';
import {
  dataDirOf,
  stateDirOf,
  wholeNumber,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { shellWord } from '../process/resume-command.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { resultFormats, textOptions, writeResults } from '../results/results-output.ts';
import { directoryOptions, storedStudy, storedTrial } from '../results/stored-study.ts';

interface ResultsFlags extends CommonFlags {
  readonly stage?: string;
  readonly top?: number;
  readonly all?: boolean;
  readonly columns?: string;
  readonly sort?: string;
  readonly where?: string;
  readonly replicates?: boolean;
  readonly chart?: boolean;
  readonly format?: string;
  readonly output?: string;
}

interface FormatFlags extends CommonFlags {
  readonly format: 'table' | 'json';
}

interface TrialFlags extends FormatFlags {
  readonly chart?: boolean;
}

const topDefault = 20;

const resultsExamples = `
Examples:
  ridgeline results quickstart
  ridgeline results quickstart --where 'validation_accuracy > 0.95 and tied' --sort lambda
  ridgeline results quickstart --columns trial,lambda,validation_accuracy --all
  ridgeline results quickstart --format csv -o results.csv

--where takes columns, = != < <= > >=, and, or, not and parentheses. Columns are named as in the files.
Formats for other tools: parquet (pandas, Polars, DuckDB), optuna (a journal for optuna-dashboard).`;

export function addResultsCommands(program: Command, context: Context): void {
  withCommonOptions(program.command('results'))
    .argument('<study>', 'its name')
    .summary('ranked tables of a study')
    .description(
      'Ranked tables of a study, from the store: during a search, after it, and when no coordinator runs.',
    )
    .option('--stage <name>', 'only this stage')
    .option(
      '--top <n>',
      `rows of each stage (default: ${topDefault} in a table, all elsewhere)`,
      wholeNumber('--top', 1, 1_000_000),
    )
    .option('--all', 'all rows')
    .option('--replicates', 'a row for each replicate, not one for each λ with their means')
    .option('--columns <names>', 'these columns, in this order: trial,lambda,…')
    .option('--sort <column>', 'another order than by rank: lambda, or lambda:desc')
    .option('--where <condition>', "only these rows: 'validation_accuracy > 0.45'")
    .addOption(
      new Option('--format <format>', 'default: table in a terminal, tsv elsewhere').choices([
        ...resultFormats,
      ]),
    )
    .option('--chart', 'below the table, λ against the objective')
    .option('-o, --output <file>', 'write to a file')
    .addHelpText('after', resultsExamples)
    .action((study: string, flags: ResultsFlags) => {
      printResults(study, flags, context);
    });
  addTrial(program, context);
  addDiff(program, context);
}

function printResults(study: string, flags: ResultsFlags, context: Context): void {
  using reader = openStoreReader(stateDirOf(context, flags));
  const { record, trials } = reader.snapshot(() => ({
    record: storedStudy(reader, study),
    trials: reader.trials(study, { correctness: true }),
  }));
  const { format = null, stage = null, sort = null, where = null, chart = false, columns } = flags;
  const { replicates = false } = flags;
  const output = flags.output === '-' ? null : (flags.output ?? null);
  const isTable =
    format === 'table' || (format === null && (chart || (context.stdout.isTTY && output === null)));
  // Files are whole unless --top says otherwise; a terminal shows the best.
  const top = flags.all === true ? null : (flags.top ?? (isTable ? topDefault : null));
  const names = columns?.split(',').map((name) => name.trim()) ?? null;
  writeResults(
    { study: record, trials, reader },
    { format, top, stage, columns: names, sort, where, replicates, chart, output },
    context,
    flags,
  );
}

function addTrial(program: Command, context: Context): void {
  withDataOption(withCommonOptions(program.command('trial')))
    .argument('<study>', 'its name')
    .argument('<trial>', 'such as coarse/7')
    .summary('everything about one trial')
    .description(
      'Everything about one trial: λ, place, settings, attempts, measurements, digest, who verified it, and the command that trains it again.',
    )
    .addOption(formatOption())
    .option('--chart', 'with its learning curve')
    .addHelpText('after', '\nExample:\n  ridgeline trial quickstart coarse/7 --chart')
    .action(async (study: string, name: string, flags: TrialFlags) => {
      using reader = openStoreReader(stateDirOf(context, flags));
      const record = storedStudy(reader, study);
      const { id, trial } = storedTrial(reader, study, name);
      // The first replicate may be asked for as coarse/7.1 too.
      const canonical = trialName(id);
      const attempts = reader.attempts(study, id);
      const trials = reader.trials(study, { correctness: true });
      const results = studyResults(record, trials, 'trial', attempts);
      const row = results.stages.flatMap(({ rows }) => rows).find((of) => of.trial === canonical);
      if (row === undefined) throw new Error(`${canonical} is a trial and has no row`);
      const source = {
        study: record,
        results,
        row,
        trial,
        attempts,
        command: `ridgeline train ${shellWord(study)} --trial ${shellWord(canonical)}${directoryOptions(flags)}`,
      };
      const options = textOptions(context, flags);
      await hintAtData(record.spec.dataset.source, flags, context);
      context.stdout.write(
        flags.format === 'json' ? trialJson(source) : formatTrial(source, options),
      );
      if (flags.chart !== true || flags.format === 'json' || trial.result === null) return;
      const chart = terminalCurve(trial.result.curve, record.spec.trainer.learningRate, options);
      if (chart !== '') context.stdout.write(`\n${chart}`);
    });
}

/** The store does not know from which --data-dir a search was started. */
async function hintAtData(
  source: DatasetSource,
  flags: TrialFlags,
  context: Context,
): Promise<void> {
  if (source.kind === 'path' || flags.quiet === true) return;
  const dataDir = dataDirOf(context, flags);
  if ((await locateNamed(namedDataset(source.name), dataDir)) !== null) return;
  context.stderr.write(
    `${source.name} is not in ${dataDir}: to train the trial again, add the --data-dir of the search\n`,
  );
}

function addDiff(program: Command, context: Context): void {
  withCommonOptions(program.command('diff'))
    .argument('<a>', 'a study')
    .argument('<b>', 'another one')
    .option('--other-state <dir>', 'where the second study is kept, if not with the first')
    .summary('two studies compared')
    .description(
      'Two studies compared: what differs in their files, what came out, and how many trials are the same to the last bit.',
    )
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline diff quickstart coarse-to-fine\n  ridgeline diff quickstart quickstart --other-state ~/node1-state',
    )
    .action((a: string, b: string, flags: FormatFlags & { readonly otherState?: string }) => {
      using first = openStoreReader(stateDirOf(context, flags));
      using second = openStoreReader(flags.otherState ?? stateDirOf(context, flags));
      const [left, right] = [sideOf(first, a), sideOf(second, b)];
      const diff = studyDiff(left, right);
      context.stdout.write(
        flags.format === 'json'
          ? diffJson(left, right, diff)
          : formatDiff(left, right, diff, textOptions(context, flags)),
      );
    });
}

function sideOf(reader: StoreReader, study: string): DiffSide {
  return reader.snapshot(() => {
    const record = storedStudy(reader, study);
    const trials = reader.trials(study, { correctness: true });
    return diffSide(record, trials);
  });
}

function formatOption(): Option {
  return new Option('--format <format>', 'how to print')
    .choices(['table', 'json'])
    .default('table');
}
