/** `ridgeline verify`: trains stored trials again on this machine and compares the results. */
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { checkUnchanged, openStudyData } from '../../coordinator/shell/study-data.ts';
import { assembleData } from '../../dataset/splits/assemble.ts';
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
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trainerName } from '../../study/trainer-description.ts';
import { trialName, type TrialRecord, type TrialResult } from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { selfTestDigest } from '../../trainers/two-layer/arithmetic-self-test.ts';
import { defaultThreads } from '../../worker/thread-pool.ts';
import {
  dataDirectory,
  say,
  stateDirectory,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import {
  addCommand,
  formatOption,
  usageError,
  wholeNumber,
  withDataOption,
} from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { textOptions } from '../process/terminal.ts';
import { storedStudy } from '../results/stored-study.ts';
import { findKernel, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { verifyTrials } from '../training/verify-trials.ts';

interface VerifyFlags extends CommonFlags, KernelFlags {
  readonly trials?: number;
  readonly top?: number;
  readonly all?: boolean;
  readonly threads: number;
  readonly format?: 'table' | 'json';
}

const topDefault = 5;

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'verify', {
    summary: 'trains stored trials again and compares the results',
    description:
      'Trains trials of a stored study again on this machine and compares digest, measurements and classified records.',
    notes:
      'Trials whose stored results were changed afterwards are always included. The exit code is 3 if a result differs.',
    examples: ['ridgeline verify quickstart', 'ridgeline verify quickstart --all --format json'],
  });
  withKernelOption(withDataOption(command))
    .argument('<study>', 'study name')
    .addOption(wholeNumber('--trials <n>', 'trials, spread evenly over the study', 1, 1e9))
    .addOption(wholeNumber('--top <n>', `best configurations (default: ${topDefault})`, 1, 1e9))
    .option('--all', 'all trials that have a result')
    .addOption(wholeNumber('--threads <n>', 'number of training threads', 1, 256, defaultThreads()))
    .addOption(formatOption())
    .action(async (study: string, flags: VerifyFlags) => {
      context.finish(await verify(study, flags, context));
    });
}

async function verify(study: string, flags: VerifyFlags, context: Context): Promise<number> {
  const { record, trials, total } = await selectTrials(study, flags, context);
  const { spec } = record;
  const data = await openSearchData(record, flags, context);
  const verified: VerifiedTrial[] = [];
  const stop = new AbortController();
  using signals = new StopSignals((count) => {
    if (count > 1) process.exit(signals.exitCode ?? exitCode.interrupted);
    stop.abort();
  });
  await verifyTrials({
    spec,
    trainer: describeTrainer(trainerName(spec.trainer)),
    data,
    source: await findKernel(context, flags.kernel),
    threads: Math.min(flags.threads, trials.length),
    trials,
    signal: stop.signal,
    onResult: (trial, result) => {
      const row = compareResults(spec, trial, result);
      verified.push(row);
      const { differences } = row;
      const outcome = differences.length === 0 ? 'same' : `differs in ${differences.join(', ')}`;
      say(context, flags, `${verified.length} of ${trials.length}  ${row.trial}  ${outcome}`);
    },
  });
  const order = new Map(trials.map((trial, index) => [trialName(trial.id), index]));
  verified.sort((a, b) => (order.get(a.trial) ?? 0) - (order.get(b.trial) ?? 0));
  const outcome = { study, trials: verified, total };
  context.stdout.write(
    flags.format === 'json'
      ? verificationJson(outcome)
      : verificationTable(outcome, textOptions(context, flags)),
  );
  if (verified.some((row) => row.differences.length > 0)) return exitCode.partly;
  return verified.length < trials.length
    ? (signals.exitCode ?? exitCode.interrupted)
    : exitCode.done;
}

function compareResults(
  spec: StudySpec,
  trial: TrialRecord,
  recomputed: TrialResult,
): VerifiedTrial {
  const { id, params, worker, result: stored } = trial;
  if (stored === null) throw new Error(`${trialName(id)} was selected without a result`);
  const changed = isChanged(spec, trial) ? ['its stored fingerprint'] : [];
  const differences = [...changed, ...resultDifferences(stored, recomputed)];
  return { trial: trialName(id), params, worker, stored, recomputed, differences };
}

async function selectTrials(study: string, flags: VerifyFlags, context: Context) {
  await using reader = await openStoreReader(stateDirectory(context, flags));
  const { record, trials } = await reader.snapshot(async (reads) => ({
    record: await storedStudy(reads, study),
    trials: await reads.trials(study, { curves: true, correctness: true }),
  }));
  const withResult = trials.filter((trial) => trial.result !== null);
  if (withResult.length === 0)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `No trial of ${study} has a result yet, so there is nothing to verify.`,
      'Check `ridgeline status`, and run `ridgeline verify` later.',
    );
  const selected = new Set(select(record, withResult, flags));
  for (const trial of withResult) if (isChanged(record.spec, trial)) selected.add(trial);
  return { record, trials: [...selected], total: withResult.length };
}

/** Whether a stored result was changed after it was stored. Needs no training, so all trials are checked. */
function isChanged(spec: StudySpec, { result, fingerprint }: TrialRecord): boolean {
  if (result === null || fingerprint === null) return false;
  const { metrics } = describeTrainer(trainerName(spec.trainer));
  return resultFingerprint(result, metrics, spec.test === 'all') !== fingerprint;
}

function select(record: StudyRecord, trials: TrialRecord[], flags: VerifyFlags): TrialRecord[] {
  const given = [flags.trials, flags.top, flags.all].filter((flag) => flag !== undefined);
  if (given.length > 1)
    throw usageError(
      '--trials, --top and --all cannot be combined: each of them selects trials.',
      'Give one of them.',
    );
  if (flags.all === true) return trials;
  if (flags.trials !== undefined) {
    const step = Math.max(1, trials.length / flags.trials);
    return trials.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  }
  const order = record.stages.map((stage) => stage.name);
  return rankConfigurations(trials, record.spec.objective, order)
    .slice(0, flags.top ?? topDefault)
    .flatMap(({ replicates }) => replicates);
}

/** @throws RidgelineError STUDY_DIFFERS if the data were changed since the search */
async function openSearchData(
  record: StudyRecord,
  flags: VerifyFlags,
  context: Context,
): Promise<TrainingData> {
  const { spec } = record;
  const dataDir = dataDirectory(context, flags);
  const { opened, shards } = await openStudyData(spec, { dataDir, describeTrainer });
  checkUnchanged(spec.study, record, opened, selfTestDigest);
  const { search } = opened.data;
  const names = new Set(search.shards.map((shard) => shard.name));
  return assembleData(
    search,
    shards.filter((shard) => names.has(shard.name)),
  );
}
