/** `ridgeline verify`: trains stored trials again on this machine and compares the results. */
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { checkUnchanged, openStudyData } from '../../coordinator/shell/study-data.ts';
import {
  verificationJson,
  verificationTable,
  type VerifiedTrial,
} from '../../report/terminal/verification-text.ts';
import { rankConfigurations } from '../../search/ranking/ranking.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { TrainingData } from '../../study/images.ts';
import { resultDifferences } from '../../study/result-differences.ts';
import { resultFingerprint } from '../../study/result-fingerprint.ts';
import type { StoredFile } from '../../study/program-files.ts';
import { numberStyles } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type TrialRecord, type TrialResult } from '../../study/trial.ts';
import { isCommand } from '../../trainers/command/settings.ts';
import { isModule } from '../../trainers/module/settings.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { selfTestDigest } from '../../trainers/two-layer/arithmetic-self-test.ts';
import { defaultThreads } from '../../worker/thread-count.ts';
import { dataDirectory, say, stateDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import {
  addCommand,
  formatOption,
  usageError,
  wholeNumber,
  withDataOption,
} from '../process/options.ts';
import { withProgramOptions, type ProgramFlags } from '../process/program-options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { printResult } from '../process/terminal.ts';
import { studyAndTrials, type StudyAndTrials } from '../results/stored-study.ts';
import { fitThreads } from '../training/fit-threads.ts';
import { findKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';
import { programHost } from '../training/program-host.ts';
import { assembleSplits } from '../training/training-data.ts';
import { verifyPrograms } from '../training/verify-programs.ts';
import { verifyTrials } from '../training/verify-trials.ts';

interface VerifyFlags extends ProgramFlags {
  readonly trials?: number;
  readonly top?: number;
  readonly all?: boolean;
  readonly decisions?: boolean;
  readonly threads: number;
}

const topDefault = 5;

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'verify', {
    summary: 'trains stored trials again and compares the results',
    description:
      'Trains trials of a stored study again on this machine and compares digest, measurements and classified records.',
    notes:
      'A study with a command runs its stored program here, which must be `repeatable: exact`. Trials whose stored results were changed afterwards are always included. The exit code is 3 if a result differs.',
    examples: [
      'ridgeline verify quickstart',
      'ridgeline verify quickstart --all --format json',
      'ridgeline verify quickstart --decisions',
    ],
  });
  withProgramOptions(withKernelOption(withDataOption(command)))
    .argument('<study>', 'study name')
    .addOption(wholeNumber('--trials <n>', 'trials, spread evenly over the study', 1, 1e9))
    .addOption(wholeNumber('--top <n>', `best configurations (default: ${topDefault})`, 1, 1e9))
    .option('--all', 'all trials that have a result')
    .option(
      '--decisions',
      'train nothing; derive ranges, trials, stops, ranks and the winner again from the stored results',
    )
    .addOption(wholeNumber('--threads <n>', 'number of training threads', 1, 256, defaultThreads()))
    .addOption(formatOption())
    .action(async (study: string, flags: VerifyFlags) => {
      context.finish(await verify(study, flags, context));
    });
}

async function verify(name: string, flags: VerifyFlags, context: Context): Promise<number> {
  requireOne(flags);
  if (flags.decisions === true)
    return await (await import('../results/verify-decisions.ts')).verifyDecisions(name, context);
  const stored = await readResults(name, context);
  const { study, trainer } = stored;
  if (!trainer.reproducible && isCommand(study.spec.trainer))
    throw usageError(
      `${name} is trained by a program that need not give the same result again (repeatable: false).`,
      '--decisions checks what was decided from its results.',
    );
  if (isModule(study.spec.trainer))
    throw usageError(
      `${name} is trained by a module, which only workers run.`,
      'With `repeatable: exact` and `audit:` in the study file, another worker trains some of its trials again; --decisions checks what was decided from its results.',
    );
  const changed = stored.trials.filter((trial) => isChanged(trial, stored));
  const trials = [...new Set([...select(stored, flags), ...changed])];
  const verified = new Map<TrialRecord, VerifiedTrial>();
  const stop = new AbortController();
  using signals = new StopSignals((count) => {
    if (count > 1) process.exit(signals.exitCode);
    stop.abort();
  });
  const onResult = (trial: TrialRecord, recomputed: TrialResult): void => {
    const row = compareResults(trial, recomputed, changed.includes(trial));
    verified.set(trial, row);
    const { differences } = row;
    const outcome = differences.length === 0 ? 'same' : `differs in ${differences.join(', ')}`;
    say(context, `${verified.size} of ${trials.length}  ${row.trial}  ${outcome}`);
  };
  const { signal } = stop;
  if (isCommand(study.spec.trainer)) {
    const files = await readFiles(name, context);
    const host = programHost(flags, { threads: flags.threads, cacheDir: tmpdir() }, context);
    const slots = Math.min(host.slots, trials.length);
    await verifyPrograms({ spec: study.spec, files, host, slots, trials, signal, onResult });
  } else {
    const data = await openSearchData(study, dataDirectory(context));
    const source = await findKernel(context);
    const threads = await fitThreads(Math.min(flags.threads, trials.length), source, context);
    const { spec } = study;
    await verifyTrials({ spec, trainer, data, source, threads, trials, signal, onResult });
  }
  const rows = trials.flatMap((trial) => verified.get(trial) ?? []);
  const styles = numberStyles(study.spec.stages);
  const outcome = { study: name, styles, trials: rows, total: stored.trials.length };
  printResult(context, outcome, verificationJson, verificationTable);
  if (rows.some((row) => row.differences.length > 0)) return exitCode.partly;
  return rows.length < trials.length ? signals.exitCode : exitCode.done;
}

async function readFiles(study: string, context: Context): Promise<StoredFile[]> {
  await using reader = await openStoreReader(stateDirectory(context));
  return await reader.programFiles(study);
}

function compareResults(
  { id, params, worker, result: stored }: TrialRecord,
  recomputed: TrialResult,
  isChangedLater: boolean,
): VerifiedTrial {
  if (stored === null) throw new Error(`${trialName(id)} was selected without a result`);
  const changed = isChangedLater ? ['its stored fingerprint'] : [];
  const differences = [...changed, ...resultDifferences(stored, recomputed)];
  return { trial: trialName(id), params, worker, stored, recomputed, differences };
}

/** A study and its trials that have a result. */
async function readResults(name: string, context: Context): Promise<StudyAndTrials> {
  await using reader = await openStoreReader(stateDirectory(context));
  const read = await reader.snapshot((reads) => studyAndTrials(reads, name, { curves: true }));
  const trials = read.trials.filter((trial) => trial.result !== null);
  if (trials.length > 0) return { ...read, trials };
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `No trial of ${name} has a result yet, so there is nothing to verify.`,
    'Check `ridgeline status`, and run `ridgeline verify` later.',
  );
}

/** Whether a result was changed after it was stored. This check needs no training, so it covers all trials. */
function isChanged(
  { result, fingerprint }: TrialRecord,
  { study, trainer }: StudyAndTrials,
): boolean {
  if (result === null || fingerprint === null) return false;
  return resultFingerprint(result, trainer.metrics, study.spec.test === 'all') !== fingerprint;
}

function requireOne({ trials, top, all, decisions }: VerifyFlags): void {
  if ([trials, top, all, decisions].filter((flag) => flag !== undefined).length <= 1) return;
  throw usageError(
    '--trials, --top, --all and --decisions cannot be combined: each of them selects what is verified.',
    'Give one of them.',
  );
}

function select(
  { study, trials }: StudyAndTrials,
  { trials: count, top, all }: VerifyFlags,
): readonly TrialRecord[] {
  if (all === true) return trials;
  if (count !== undefined) {
    const step = Math.max(1, trials.length / count);
    return trials.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  }
  const order = study.stages.map((stage) => stage.name);
  return rankConfigurations(trials, study.spec.objective, order)
    .slice(0, top ?? topDefault)
    .flatMap(({ replicates }) => replicates);
}

/** @throws RidgelineError STUDY_DIFFERS if the data were changed since the search */
async function openSearchData(study: StudyRecord, dataDir: string): Promise<TrainingData> {
  const { opened, shards } = await openStudyData(study.spec, { dataDir, describeTrainer });
  checkUnchanged(study.spec.study, study, opened, selfTestDigest);
  return assembleSplits(opened.data.search, await shards.load());
}
