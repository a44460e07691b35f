/** `ridgeline check-trainer`: trains a trial of a study with its program twice, and says what the program may claim. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { studyFromFile } from '../process/study-files.ts';
import { readProgramFiles } from '../../config/program-files.ts';
import { sampleTrials, type SampledStage } from '../../search/samplers/sample-trials.ts';
import { numberStyles, givenDistribution, type Params } from '../../study/search-space.ts';
import { programFiles } from '../../study/program-files.ts';
import { allowOption } from '../../study/program-needs.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { trainerName } from '../../study/trainer-description.ts';
import { trialName } from '../../study/trial.ts';
import { commandNeeds, commandSettings, isCommand } from '../../trainers/command/settings.ts';
import { wholeTask } from '../../trainers/command/task.ts';
import { isModule } from '../../trainers/module/settings.ts';
import { allowedWords } from '../../worker/command/allowance.ts';
import { checkCommand } from '../../worker/command/check-command.ts';
import { removeFolder } from '../../worker/command/run-trial.ts';
import { checkModuleFile, checkModuleTrial, isModulePath } from '../training/check-module.ts';
import { checkLines, howToOfCommands, isCheckPassed } from '../training/trainer-check-text.ts';
import { say, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { addCommand, usageError } from '../process/options.ts';
import { withProgramOptions, type ProgramFlags } from '../process/program-options.ts';
import { printText } from '../process/terminal.ts';
import { programHost } from '../training/program-host.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'check-trainer', {
    summary: 'trains one trial twice and says what your trainer may claim',
    description:
      'Trains the first trial of a study twice with the program or module of its trainer section, and from rung to rung if it resumes, and says what is wrong or what the section may claim.',
    notes:
      'A module can be given without a study: its parameters have their defaults, and the images are the digits. The exit code is 1 if the program fails, or if it does not do what the section says. docs/own-trainers.md is the guide.',
    examples: ['ridgeline check-trainer study.yaml', 'ridgeline check-trainer trainer.ts'],
  });
  withProgramOptions(command)
    .argument(
      '<file>',
      'study file (YAML) with a command or a module in its trainer section; or a module',
    )
    .action(async (file: string, flags: ProgramFlags) => {
      const checkFile = isModulePath(file) ? checkModuleFile : check;
      context.finish(await checkFile(file, flags, context));
    });
}

async function check(file: string, flags: ProgramFlags, context: Context): Promise<number> {
  const spec = await studyFromFile(file);
  const { trainer, seed, dataset } = spec;
  const contents = await readProgramFiles(spec, file);
  const files = new Map(
    programFiles(trainer).map(({ name }, index) => [name, contents[index] ?? new Uint8Array(0)]),
  );
  if (isModule(trainer)) {
    const { trial, params } = firstTrial(spec);
    const styles = numberStyles(spec.stages);
    const module = { settings: trainer, seed, trial, params, styles, dataset, files };
    return await checkModuleTrial(module, flags, context);
  }
  if (!isCommand(spec.trainer))
    throw usageError(
      `${file} has the trainer ${trainerName(spec.trainer)}, which is a part of Ridgeline: there is nothing to check.`,
      'Give a study whose trainer section has a command or a module.',
    );
  const settings = commandSettings(spec.trainer);
  const directory = await mkdtemp(join(tmpdir(), 'ridgeline-check-'));
  const host = programHost(flags, { threads: 1, cacheDir: directory }, context);
  const needs = commandNeeds(settings);
  // The user names the study file, and with it the program beside it.
  const words = allowedWords(
    { ...host.allowance, files: new Set([needs]) },
    settings.command,
    needs,
  );
  if (words === null)
    throw usageError(
      `${file} names the program ${needs}, which this command does not know.`,
      `Give its path: ${allowOption(needs)}.`,
    );
  const { trial, params } = firstTrial(spec);
  const own = { trial, attempt: 1, replicate: 1, params, test: false };
  const task = wholeTask({ settings, seed, ...own });
  try {
    const report = await checkCommand({ settings, words, files, task, directory }, host, (text) =>
      say(context, text),
    );
    const source = {
      trial,
      parameters: task.parameters,
      styles: numberStyles(spec.stages),
      settings,
      howTo: howToOfCommands,
      needs,
      report,
    };
    printText(context, `${checkLines(source).join('\n')}\n`);
    return isCheckPassed(source) ? exitCode.done : exitCode.failed;
  } finally {
    await removeFolder(directory);
  }
}

function firstTrial(spec: StudySpec): { readonly trial: string; readonly params: Params } {
  const [stage] = spec.stages;
  const space = Object.fromEntries(
    Object.entries(stage?.search ?? {}).flatMap(([name, from]) => {
      const distribution = givenDistribution(from);
      return distribution === null ? [] : [[name, distribution]];
    }),
  );
  // A model needs results; its first trials are spread.
  const sampled: SampledStage | undefined =
    stage?.sampler === 'model' ? { ...stage, sampler: 'spread' } : stage;
  const [first] =
    sampled === undefined ? [] : sampleTrials({ ...spec, replicates: 1 }, sampled, space);
  return first === undefined
    ? { trial: 'check/1', params: {} }
    : { trial: trialName(first.id), params: first.params };
}
