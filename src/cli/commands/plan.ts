/** `ridgeline plan`: prints the trials of a study and their cost without starting it. */
import type { Command } from 'commander';
import { loadStudy } from '../../config/load-study.ts';
import { openDataset } from '../../dataset/open-dataset.ts';
import { formatPlan, planJson, type Plan } from '../../report/terminal/plan-text.ts';
import { sampleTrials } from '../../search/samplers/random.ts';
import { givenDistribution, type SearchSpace } from '../../study/search-space.ts';
import type { StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import { trainerName } from '../../study/trainer-description.ts';
import { trialName } from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { trainTrials } from '../../trainers/train-trials.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { twoLayerTraining } from '../../trainers/two-layer/two-layer.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { dataDirectory, type Context } from '../process/context.ts';
import { addCommand, formatOption, withDataOption } from '../process/options.ts';
import { printResult } from '../process/terminal.ts';
import { loadKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';
import { openTrainingData } from '../training/training-data.ts';

/** Steps of the short run that the cost is estimated from. */
const sampleSteps = 20;

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'plan', {
    summary: 'prints the trials and the cost of a study without starting it',
    description:
      'Prints the parameters of every trial, the rule of each narrowing stage, and the estimated cost on this machine, and starts nothing.',
    examples: ['ridgeline plan configs/quickstart.yaml'],
  });
  withKernelOption(withDataOption(command))
    .argument('<study>', 'study file (YAML)')
    .addOption(formatOption())
    .action(async (file: string) => {
      const spec = await loadStudy(file, describeTrainer);
      const kernel = await loadKernel(context);
      const plan = await buildPlan(spec, dataDirectory(context), kernel);
      printResult(context, plan, planJson, formatPlan);
    });
}

async function buildPlan(spec: StudySpec, dataDir: string, kernel: Kernel): Promise<Plan> {
  const { source, counts, warnings } = await openDataset(spec.dataset, { dataDir });
  const trainer = describeTrainer(trainerName(spec.trainer));
  const steps = trainer.rungs(spec.trainer, counts.train).at(-1) ?? 0;
  return {
    study: spec.study,
    source,
    counts,
    steps,
    secondsPerTrial: (await secondsPerStep(spec, dataDir, kernel)) * steps,
    replicates: spec.replicates,
    racing: spec.racing,
    warnings: [...warnings.map(({ text }) => text), ...trainer.remarks(spec.trainer, counts.train)],
    stages: spec.stages.map((stage) => planStage(spec, stage)),
  };
}

function planStage(spec: StudySpec, stage: StageSpec): Plan['stages'][number] {
  const { name, trials, search } = stage;
  const entries = Object.entries(search);
  const narrows = entries.find(([, { narrow }]) => narrow !== undefined)?.[1].narrow;
  if (narrows !== undefined) return { name, trials, space: null, narrows, configurations: [] };
  const space: SearchSpace = Object.fromEntries(
    entries.flatMap(([parameter, from]) => {
      const distribution = givenDistribution(from);
      return distribution === null ? [] : [[parameter, distribution]];
    }),
  );
  const configurations = sampleTrials({ ...spec, replicates: 1 }, stage, space);
  return {
    name,
    trials,
    space,
    narrows: null,
    configurations: configurations.map(({ id, params }) => ({ trial: trialName(id), params })),
  };
}

/** Measured with a few steps of the real training. */
async function secondsPerStep(spec: StudySpec, dataDir: string, kernel: Kernel): Promise<number> {
  const { data } = await openTrainingData(spec.dataset, spec.seed, dataDir, false);
  const { epochs: _epochs, ...settings } = twoLayerSettings(spec.trainer);
  const short = {
    ...settings,
    learningRate: { ...settings.learningRate, stepSize: sampleSteps / 2, cycleMultiplier: 1 },
    cycles: 1,
    measure: 'end',
  };
  const request = { seed: spec.seed, replicate: 1, settings: short, measureTest: false };
  const [result] =
    trainTrials(twoLayerTraining(kernel), { ...request, params: [{ lambda: 1e-3 }] }, data, {
      nowMs: () => performance.now(),
    }) ?? [];
  return (result?.seconds ?? 0) / sampleSteps;
}
