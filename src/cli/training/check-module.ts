/** Module check of the command line: trains a trial with a module twice, and says what it may claim. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { RidgelineError, whyUnread } from '../../base/errors.ts';
import type { NumberStyles, Params } from '../../study/search-space.ts';
import { canonicalSettings, parseSettings } from '../../study/spec/canonical-spec.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';
import { noData } from '../../trainers/module/module-data.ts';
import {
  moduleNeeds,
  moduleSettings,
  type ModuleSettings,
} from '../../trainers/module/settings.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { removeFolder } from '../../worker/command/run-trial.ts';
import { checkModule } from '../../worker/module/check-module.ts';
import { declareModule } from '../../worker/module/declare-module.ts';
import { dataDirectory, say, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import type { ProgramFlags } from '../process/program-options.ts';
import { printText } from '../process/terminal.ts';
import { programHost } from './program-host.ts';
import { checkLines, howToOfModules, isCheckPassed } from './trainer-check-text.ts';
import { openTrainingData } from './training-data.ts';

export interface ModuleTrial {
  readonly settings: ModuleSettings;
  readonly seed: number;
  /** Its name in the output. */
  readonly trial: string;
  readonly params: Params;
  /** How numbers of the parameters are written. */
  readonly styles: NumberStyles;
  /** Undefined for a module that has its own data. */
  readonly dataset: DatasetSpec | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What a module that needs data is trained on if no study names a data set. */
const digits: DatasetSpec = {
  name: 'digits',
  train: { count: 1_000 },
  validation: { count: 500 },
  stratify: false,
};

export function isModulePath(file: string): boolean {
  return /\.m?[jt]s$/.test(file);
}

/** Checks a module without a study: parameters have their defaults. @returns the exit code */
export async function checkModuleFile(
  path: string,
  flags: ProgramFlags,
  context: Context,
): Promise<number> {
  const module = basename(path);
  const content = await readFile(path).catch((error: unknown) => {
    throw invalid(`${path} cannot be read: ${whyUnread(error)}.`);
  });
  const files = new Map([[module, content]]);
  const declared = await declareModule({ module, files, given: {}, searched: [] }, context.env);
  if (declared.kind === 'failed') throw invalid(`${path} ${declared.reason}.`);
  const { declares } = declared;
  const file = { name: module, sha256: sha256(content), bytes: content.length };
  const section = canonicalSettings({ module, files: [file], declares });
  const settings = moduleSettings(parseSettings(section, describeTrainer));
  const dataset = declares.data ? digits : undefined;
  return await checkModuleTrial(
    { settings, seed: 0, trial: 'check/1', params: {}, styles: {}, dataset, files },
    flags,
    context,
  );
}

/** @returns the exit code */
export async function checkModuleTrial(
  { trial, styles, dataset, ...check }: ModuleTrial,
  flags: ProgramFlags,
  context: Context,
): Promise<number> {
  const { settings, seed, params } = check;
  const opened =
    dataset === undefined
      ? null
      : await openTrainingData(dataset, seed, dataDirectory(context), false);
  const data = opened?.data ?? noData;
  const directory = await mkdtemp(join(tmpdir(), 'ridgeline-check-'));
  try {
    const host = programHost(flags, { threads: 1, cacheDir: directory }, context);
    const report = await checkModule({ ...check, data }, host, (text) => say(context, text));
    const { rungs, metrics, records } = settings.declares;
    const count = opened === null ? records : data.validation.records.length;
    const { repeatable } = settings;
    const claims = { repeatable, rungs, metrics, ...(count !== undefined && { records: count }) };
    const parameters = { ...settings.parameters, ...params };
    const needs = moduleNeeds(settings);
    const source = {
      trial,
      parameters,
      styles,
      settings: claims,
      howTo: howToOfModules,
      needs,
      report,
    };
    printText(context, `${checkLines(source).join('\n')}\n`);
    return isCheckPassed(source) ? exitCode.done : exitCode.failed;
  } finally {
    await removeFolder(directory);
  }
}

function invalid(what: string): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    what,
    'Correct the module; docs/own-trainers.md has the contract.',
  );
}
