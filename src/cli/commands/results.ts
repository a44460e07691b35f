/** `ridgeline results` and `ridgeline trial`: always from the store, whether a coordinator runs or not. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { studyUnknown } from '../../coordinator/study-errors.ts';
import { formatTrial } from '../../report/trial-text.ts';
import { openStoreReader } from '../../store/open-store.ts';
import type { StoreReader } from '../../store/read.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { parseTrialName } from '../../study/trial.ts';
import {
  isUnicode,
  paintFor,
  stateDirOf,
  wholeNumber,
  widthOf,
  type CommonFlags,
  type Context,
} from '../context.ts';
import { withCommonOptions } from '../options.ts';
import { resultFormats, writeResults } from '../results-output.ts';

interface ResultsFlags extends CommonFlags {
  readonly stage?: string;
  readonly top: number;
  readonly all?: boolean;
  readonly format?: string;
  readonly output?: string;
}

const topDefault = 20;

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
      'rows of each stage in a terminal table',
      wholeNumber('--top', 1, 1_000_000),
      topDefault,
    )
    .option('--all', 'all rows')
    .addOption(
      new Option('--format <format>', 'default: table in a terminal, tsv elsewhere').choices([
        ...resultFormats,
      ]),
    )
    .option('-o, --output <file>', 'write to a file')
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline results quickstart\n  ridgeline results quickstart --format csv -o results.csv',
    )
    .action((study: string, flags: ResultsFlags) => {
      using reader = openStoreReader(stateDirOf(context, flags));
      const { record, trials } = reader.snapshot(() => ({
        record: studyOf(reader, study),
        trials: reader.trials(study),
      }));
      const isTable =
        flags.format === 'table' || (flags.format === undefined && context.stdout.isTTY);
      // Files are whole unless --top says otherwise; a terminal shows the best.
      const top = flags.all === true || (!isTable && flags.top === topDefault) ? null : flags.top;
      const { format = null, stage = null, output = null } = flags;
      writeResults(record, trials, { format, top, stage, output }, context, flags);
    });
  addTrial(program, context);
}

function addTrial(program: Command, context: Context): void {
  withCommonOptions(program.command('trial'))
    .argument('<study>', 'its name')
    .argument('<trial>', 'such as coarse/7')
    .summary('everything about one trial')
    .description(
      'Everything about one trial: λ, attempts, measurements, digest, and the command that trains it again.',
    )
    .addHelpText('after', '\nExample:\n  ridgeline trial quickstart coarse/7')
    .action((study: string, name: string, flags: CommonFlags) => {
      using reader = openStoreReader(stateDirOf(context, flags));
      studyOf(reader, study);
      const id = parseTrialName(name);
      const trial = id === null ? null : reader.trial(study, id);
      if (id === null || trial === null) {
        throw new RidgelineError(
          'TRIAL_UNKNOWN',
          `Study ${study} has no trial ${JSON.stringify(name)}.`,
          `\`ridgeline results ${study} --all\` lists them.`,
        );
      }
      const options = {
        width: widthOf(context, context.stdout),
        color: paintFor(context, flags, context.stdout),
        unicode: isUnicode(context),
      };
      context.stdout.write(
        formatTrial(
          trial,
          reader.attempts(study, id),
          `ridgeline train ${study}.yaml --trial ${name}`,
          options,
        ),
      );
    });
}

function studyOf(reader: StoreReader, study: string): StudyRecord {
  const record = reader.study(study);
  if (record === null)
    throw studyUnknown(
      study,
      reader.studies().map((known) => known.spec.study),
    );
  return record;
}
