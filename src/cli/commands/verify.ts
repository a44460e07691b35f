/** `ridgeline verify`: trains stored trials again on this machine, and says whether the results are the same. */
import { Option, type Command } from 'commander';
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
import { resultFingerprint } from '../../study/result-fingerprint.ts';
import { resultDifferences } from '../../study/result-differences.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import type { TrainingData } from '../../study/images.ts';
import { selfTestDigest } from '../../trainers/two-layer/arithmetic-self-test.ts';
import { chooseKernel } from '../../trainers/two-layer/kernel-file.ts';
import { defaultThreads } from '../../worker/thread-pool.ts';
import {
  dataDirOf,
  isUnicode,
  paintFor,
  stateDirOf,
  widthOf,
  wholeNumber,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { nativeFolders, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { recompute } from '../training/verify-trial.ts';
import { storedStudy } from '../results/stored-study.ts';
import { StopSignals } from '../process/stop-signals.ts';

interface VerifyFlags extends CommonFlags, KernelFlags {
  readonly trials?: number;
  readonly top?: number;
  readonly all?: boolean;
  readonly threads: number;
  readonly format?: 'table' | 'json';
}

const topDefault = 5;

export function addVerifyCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('verify'))))
    .argument('<study>', 'its name')
    .summary('trains stored trials again and compares the results')
    .description(
      'Trains trials of a stored study again on this machine and compares parameters, every measurement and every classified record.\nStored results that were changed since, by hand or by a disk, are found in any case. Ends with exit code 3 where one differs.',
    )
    .option(
      '--trials <n>',
      'so many, spread evenly over the study',
      wholeNumber('--trials', 1, 1e9),
    )
    .option(
      '--top <n>',
      `the best n (default: ${topDefault}, the winner among them)`,
      wholeNumber('--top', 1, 1e9),
    )
    .option('--all', 'every trial that has a result')
    .option(
      '--threads <n>',
      'threads that train',
      wholeNumber('--threads', 1, 256),
      defaultThreads(),
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline verify quickstart\n  ridgeline verify quickstart --all --format json',
    )
    .action(async (study: string, flags: VerifyFlags) => {
      finish(await verify(study, flags, context));
    });
}

async function verify(study: string, flags: VerifyFlags, context: Context): Promise<number> {
  const { record, trials, total } = chosenTrials(study, flags, context);
  const data = await dataOf(record, flags, context);
  const verified: VerifiedTrial[] = [];
  const stop = new AbortController();
  using signals = new StopSignals((count) => {
    if (count > 1) process.exit(signals.exitCode ?? exitCode.interrupted);
    stop.abort();
  });
  const kernel = await chooseKernel(flags.kernel, nativeFolders(context));
  const { spec } = record;
  await recompute({
    spec,
    data,
    kernel,
    threads: Math.min(flags.threads, trials.length),
    trials,
    signal: stop.signal,
    onResult: (trial, recomputed) => {
      const row = compared(spec, trial, recomputed);
      verified.push(row);
      sayProgress(row, verified.length, trials.length, flags, context);
    },
  });
  const order = new Map(trials.map((trial, index) => [trialName(trial.id), index]));
  verified.sort((a, b) => (order.get(a.trial) ?? 0) - (order.get(b.trial) ?? 0));
  const outcome = { study, trials: verified, total };
  context.stdout.write(
    flags.format === 'json'
      ? verificationJson(outcome)
      : verificationTable(outcome, {
          width: widthOf(context, context.stdout),
          color: paintFor(context, flags, context.stdout),
          unicode: isUnicode(context),
        }),
  );
  if (verified.some((row) => row.differences.length > 0)) return exitCode.partly;
  return verified.length < trials.length
    ? (signals.exitCode ?? exitCode.interrupted)
    : exitCode.done;
}

function compared(
  spec: StudySpec,
  trial: TrialRecord,
  recomputed: VerifiedTrial['recomputed'],
): VerifiedTrial {
  const stored = trial.result;
  if (stored === null) throw new Error(`${trialName(trial.id)} was chosen for its result`);
  return {
    trial: trialName(trial.id),
    lambda: trial.lambda,
    worker: trial.worker,
    stored,
    recomputed,
    differences: [
      ...(isChanged(spec, trial) ? ['its stored fingerprint'] : []),
      ...resultDifferences(stored, recomputed),
    ],
  };
}

function chosenTrials(study: string, flags: VerifyFlags, context: Context) {
  using reader = openStoreReader(stateDirOf(context, flags));
  return reader.snapshot(() => {
    const record = storedStudy(reader, study);
    const all = reader.trials(study, { curves: true, correctness: true });
    const withResult = all.filter((trial) => trial.result !== null);
    if (withResult.length === 0) {
      throw new RidgelineError(
        'TRIAL_UNKNOWN',
        `No trial of ${study} has a result yet, so there is nothing to verify.`,
        `Look at \`ridgeline status\`, and verify it later.`,
      );
    }
    const chosen = new Set(choose(record, withResult, flags));
    for (const trial of withResult) if (isChanged(record.spec, trial)) chosen.add(trial);
    return { record, trials: [...chosen], total: withResult.length };
  });
}

/** Whether the rows of a result are no longer what was stored: found without training, so in all trials. */
function isChanged(spec: StudySpec, { result, fingerprint }: TrialRecord): boolean {
  if (result === null || fingerprint === null) return false;
  return resultFingerprint(result, spec.test === 'all') !== fingerprint;
}

function choose(record: StudyRecord, trials: TrialRecord[], flags: VerifyFlags): TrialRecord[] {
  const given = [flags.trials, flags.top, flags.all].filter((flag) => flag !== undefined);
  if (given.length > 1) {
    throw new RidgelineError(
      'USAGE',
      '--trials, --top and --all each say which trials to verify; more than one was given.',
      'Give one of them.',
    );
  }
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

/** The data on which the study was searched, not something that has its name by now. */
async function dataOf(
  record: StudyRecord,
  flags: VerifyFlags,
  context: Context,
): Promise<TrainingData> {
  const { spec } = record;
  const { opened, parts } = await openStudyData(spec, dataDirOf(context, flags));
  checkUnchanged(spec.study, record, opened, selfTestDigest);
  const { search } = opened.data;
  const names = new Set(search.parts.map((part) => part.name));
  return assembleData(
    search,
    parts.filter((part) => names.has(part.name)),
  );
}

function sayProgress(
  row: VerifiedTrial,
  done: number,
  total: number,
  flags: VerifyFlags,
  { stderr }: Context,
): void {
  if (flags.quiet === true) return;
  const what = row.differences.length === 0 ? 'same' : `differs in ${row.differences.join(', ')}`;
  stderr.write(`${done} of ${total}  ${row.trial}  ${what}\n`);
}
