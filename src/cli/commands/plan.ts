/** `ridgeline plan`: prints the trials of a study and their cost without starting it. */
import type { Command } from 'commander';
import { studyFromFile } from '../process/study-files.ts';
import { withPlace } from '../../config/problem-place.ts';
import { differenceText } from '../../coordinator/shell/study-errors.ts';
import { datasetText } from '../../report/results/result-words.ts';
import { openDataset } from '../../dataset/open-dataset.ts';
import { formatPlan, planJson, type Plan } from '../../report/terminal/plan-text.ts';
import { plannedCost } from '../../search/planning/planned-cost.ts';
import { stageStart } from '../../search/planning/model-rounds.ts';
import { sampleTrials } from '../../search/samplers/sample-trials.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { requireBudget } from '../../study/spec/budget-rules.ts';
import { compareSpecs } from '../../study/spec/compare-specs.ts';
import { givenDistribution, type SearchSpace } from '../../study/search-space.ts';
import { configurationCount, type StageSpec, type StudySpec } from '../../study/spec/study-spec.ts';
import { trialName } from '../../study/trial.ts';
import { requireRungs } from '../../study/spec/rung-problem.ts';
import { isProgram } from '../../study/trainer-description.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { defaultThreads } from '../../worker/thread-count.ts';
import { dataDirectory, stateDirectory, type Context } from '../process/context.ts';
import { addCommand, formatOption, wholeNumber, withDataOption } from '../process/options.ts';
import { printResult } from '../process/terminal.ts';
import { loadKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';
import { busyText, measureTrialCost } from '../training/pack-cost.ts';
import { openTrainingData } from '../training/training-data.ts';

/** Default of `run --pack`. */
const packMax = 8;

interface PlanFlags {
  readonly all?: boolean;
  readonly threads?: number;
}

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'plan', {
    summary: 'prints the trials and the cost of a study without starting it',
    description:
      'Prints the parameters of every trial, the rule of each narrowing stage, and the estimated cost on this machine, and starts nothing.',
    examples: ['ridgeline plan configs/quickstart.yaml'],
  });
  withKernelOption(withDataOption(command))
    .argument('<study>', 'study file (YAML)')
    .addOption(wholeNumber('--threads <n>', 'threads that train (default: cores)', 1, 65_536))
    .option('--all', 'list every trial, not only some of a long stage')
    .addOption(formatOption())
    .action(async (file: string, { all = false, threads = defaultThreads() }: PlanFlags) => {
      const spec = await studyFromFile(file);
      const plan = await withPlace(file, () => buildPlan(spec, threads, context));
      printResult(context, plan, planJson, (result) => formatPlan(result, all));
    });
}

async function buildPlan(spec: StudySpec, threads: number, context: Context): Promise<Plan> {
  const dataDir = dataDirectory(context);
  const trainer = describeTrainer(spec.trainer);
  const pack = packSize(spec, threads);
  const { source, counts, warnings, cost } = await dataAndCost(spec, pack, dataDir, context);
  const records = spec.dataset === undefined ? null : counts.train;
  requireRungs(spec, trainer, records);
  requireBudget(spec, trainer, records);
  return {
    study: spec.study,
    source,
    counts,
    steps: trainer.rungs(spec.trainer, counts.train).at(-1) ?? 0,
    stepsTotal: plannedCost(spec, trainer.rungs(spec.trainer, counts.train)),
    secondsPerTrial: cost.seconds,
    secondsPerTrialLow: cost.low,
    secondsPerTrialHigh: cost.high,
    pack,
    threads,
    replicates: spec.replicates,
    racing: spec.racing,
    warnings: [
      ...warnings.map(({ text }) => text),
      ...trainer.remarks(spec.trainer, counts.train),
      ...(await storedRemarks(spec, context)),
    ],
    busy: busyText(),
    stages: spec.stages.map((stage) => planStage(spec, stage)),
  };
}

const noRecords = { train: 0, validation: 0, test: null };

/** The cost of a program of the user is unknown until it has run. */
async function dataAndCost(spec: StudySpec, pack: number, dataDir: string, context: Context) {
  const { dataset, trainer } = spec;
  const unknown = { seconds: NaN, low: NaN, high: NaN };
  if (dataset === undefined)
    return { source: datasetText(dataset), counts: noRecords, warnings: [], cost: unknown };
  const { source, counts, warnings } = await openDataset(dataset, { dataDir });
  if (isProgram(trainer)) return { source, counts, warnings, cost: unknown };
  const { data } = await openTrainingData(dataset, spec.seed, dataDir, false);
  const cost = measureTrialCost(spec, pack, data, await loadKernel(context));
  return { source, counts, warnings, cost };
}

/** As the scheduler forms packs of the first stage, so that no thread is idle. */
function packSize(spec: StudySpec, threads: number): number {
  const trainer = describeTrainer(spec.trainer);
  const share = Math.ceil((spec.stages[0] ? configurationCount(spec.stages[0]) : 1) / threads);
  return Math.max(1, Math.min(trainer.packSize(spec.trainer), share, packMax));
}

function planStage(spec: StudySpec, stage: StageSpec): Plan['stages'][number] {
  const { name, search, sampler = 'random', round = null, lag = null, after = null } = stage;
  const start = stageStart(spec, stage);
  const how: Pick<Plan['stages'][number], 'sampler' | 'start' | 'round' | 'lag' | 'after'> = {
    sampler,
    start: start.trials,
    round,
    lag,
    after,
  };
  const trials = configurationCount(stage);
  const entries = Object.entries(search);
  const narrows = entries.find(([, { narrow }]) => narrow !== undefined)?.[1].narrow;
  if (narrows !== undefined)
    return { name, trials, ...how, space: null, narrows, configurations: [] };
  const space: SearchSpace = Object.fromEntries(
    entries.flatMap(([parameter, from]) => {
      const distribution = givenDistribution(from);
      return distribution === null ? [] : [[parameter, distribution]];
    }),
  );
  const configurations = sampleTrials({ ...spec, replicates: 1 }, start, space);
  return {
    name,
    trials,
    ...how,
    space,
    narrows: null,
    configurations: configurations.map(({ id, params }) => ({ trial: trialName(id), params })),
  };
}

/** Why `run` would refuse the file, or what it would do with a stored study of this name. */
async function storedRemarks(spec: StudySpec, context: Context): Promise<string[]> {
  await using reader = await openStoreReader(stateDirectory(context));
  const stored = await reader.study(spec.study);
  if (stored === null) return [];
  const comparison = compareSpecs(stored.spec, spec);
  if (comparison.kind === 'extended')
    return [`a study ${spec.study} is stored; \`run\` extends it by the new trials`];
  if (comparison.kind === 'budget' && comparison.isLarger)
    return [`a study ${spec.study} is stored; \`run\` continues it with the larger budget`];
  if (comparison.kind !== 'different') return [];
  const differences = comparison.differences.map(differenceText).join('; ');
  return [
    `\`run\` refuses this file, since the stored study ${spec.study} differs: ${differences}. Give it another name, or replace the stored one with --fresh`,
  ];
}
