/** `ridgeline import`: adds the best configurations of another search to a study file, to be tried first. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { RidgelineError, whyUnread } from '../../base/errors.ts';
import { journalTrials, tableTrials, type ForeignTrial } from '../../config/foreign-trials.ts';
import { chooseKnown, knownText, withKnown } from '../../config/known-configurations.ts';
import { studyFromFile } from '../process/study-files.ts';
import { countText } from '../../report/text/number-format.ts';
import { rankConfigurations } from '../../search/ranking/ranking.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { Objective, StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';
import { addCommand, usageError, wholeNumber } from '../process/options.ts';
import { writeOutputFile } from '../results/output-file.ts';
import { studyAndTrials } from '../results/stored-study.ts';

interface ImportFlags {
  readonly from: string;
  readonly top: number;
  readonly stage?: string;
  readonly by?: string;
  readonly rename?: ReadonlyMap<string, string>;
  readonly write?: boolean;
}

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'import', {
    summary: 'adds the best configurations of another search to a study file',
    description:
      'Reads configurations from a CSV or TSV file, an Optuna journal or a stored study, and prints the best as `also` of a stage, which tries them first.',
    notes:
      'Columns and parameters are matched by the names of the hyperparameters that the stage searches; prefixes such as params_ and config/ are ignored.',
    examples: [
      'ridgeline import next.yaml --from coarse-to-fine --top 3 --write',
      'ridgeline import next.yaml --from optuna.log --rename lr=learning_rate.max',
      'ridgeline import next.yaml --from sweep.csv --by val_acc',
    ],
  });
  command
    .argument('<study>', 'study file (YAML)')
    .requiredOption(
      '--from <source>',
      '.csv or .tsv file, Optuna journal, or name of a stored study',
    )
    .addOption(wholeNumber('--top <n>', 'most configurations', 1, 1_000, 5))
    .option('--stage <name>', 'stage that tries them (default: the first)')
    .option('--by <column>', 'column of the table that ranks the configurations')
    .addOption(
      new Option(
        '--rename <from=to>',
        'name in the source and in the study; may be repeated',
      ).argParser(renaming),
    )
    .option('--write', 'change the study file; without it, the lines to add are printed')
    .action(async (file: string, flags: ImportFlags) => {
      await importConfigurations(file, flags, context);
    });
}

function renaming(text: string, before?: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [from = '', to = '', ...more] = text.split('=');
  if (from === '' || to === '' || more.length > 0)
    throw usageError(
      `--rename must be FROM=TO, got ${JSON.stringify(text)}.`,
      'For example: --rename lr=learning_rate.max.',
    );
  return new Map([...(before ?? []), [from, to]]);
}

async function importConfigurations(
  file: string,
  flags: ImportFlags,
  context: Context,
): Promise<void> {
  const spec = await studyFromFile(file, () => false);
  const stage = chosenStage(spec, flags.stage);
  const { direction } = spec.objective;
  const trials = await readTrials(flags, direction, context);
  const { parameters } = describeTrainer(spec.trainer);
  const renamed = flags.rename ?? new Map();
  const choice = { top: flags.top, direction, renamed, parameters };
  const { configurations, skipped } = chooseKnown(trials, stage, choice);
  for (const [reason, count] of skipped)
    say(context, `left out ${countText(count, 'configuration')}: ${reason}`);
  if (configurations.length === 0)
    throw usageError(
      `${flags.from} has no configuration that stage ${stage.name} can try.`,
      `Its columns or parameters must be named ${Object.keys(stage.search).join(', ')}; give other names with --rename FROM=TO.`,
    );
  const count = countText(configurations.length, 'configuration');
  if (flags.write !== true) {
    context.stdout.write(`${knownText(configurations)}\n`);
    say(context, `add these lines to stage ${stage.name} of ${file}, or give --write`);
    return;
  }
  const text = await readFile(file, 'utf8');
  writeOutputFile(file, withKnown(text, spec.stages.indexOf(stage), configurations));
  say(context, `${count} of ${flags.from} added to stage ${stage.name} of ${file}`);
}

function chosenStage({ stages }: StudySpec, name: string | undefined): StageSpec {
  const stage = name === undefined ? stages[0] : stages.find((one) => one.name === name);
  if (stage !== undefined) return stage;
  throw usageError(
    `The study has no stage ${JSON.stringify(name)}.`,
    `Use one of ${stages.map((one) => one.name).join(', ')}.`,
  );
}

async function readTrials(
  { from, by }: ImportFlags,
  direction: Objective['direction'],
  context: Context,
): Promise<ForeignTrial[]> {
  if (!existsSync(from)) return await storedTrials(from, direction, context);
  const text = await readSource(from);
  const ending = extname(from).toLowerCase();
  if (ending === '.csv') return tableTrials(text, from, ',', by);
  if (ending === '.tsv') return tableTrials(text, from, '\t', by);
  return journalTrials(text, from);
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new RidgelineError(
      'USAGE',
      `${path} cannot be read: ${whyUnread(error)}.`,
      'Give a CSV or TSV file, an Optuna journal or the name of a stored study.',
      { cause: error },
    );
  }
}

/** The configurations of a stored study, with a value that has their order. */
async function storedTrials(
  name: string,
  direction: Objective['direction'],
  context: Context,
): Promise<ForeignTrial[]> {
  await using reader = await openStoreReader(stateDirectory(context));
  const { study, trials } = await studyAndTrials(reader, name);
  const order = study.spec.stages.map((stage) => stage.name);
  const ranked = rankConfigurations(trials, study.spec.objective, order);
  const sign = direction === 'maximize' ? -1 : 1;
  return ranked.map(({ trial, value }, place) => {
    return { values: trial.params, value: value === null ? null : sign * place };
  });
}
