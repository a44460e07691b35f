/** `ridgeline plan`: every λ that would be tried, what it costs, and nothing is started. */
import { Option, type Command } from 'commander';
import { loadStudy } from '../../config/load-study.ts';
import { openDataset } from '../../dataset/open-dataset.ts';
import { formatPlan, planJson, type Plan } from '../../report/terminal/plan-text.ts';
import { stageTrials } from '../../search/samplers/random.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { batchRemark, stepsOf } from '../../study/spec/training-length.ts';
import { trialName } from '../../study/trial.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { trainPack } from '../../trainers/two-layer/train-pack.ts';
import { dataDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { kernelFor, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { loadTrainingData } from '../training/training-data.ts';

/** Steps of the short run from which the cost is estimated. */
const sampleSteps = 20;

export function addPlanCommand(program: Command, context: Context): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('plan'))))
    .argument('<study>', 'the study file (YAML)')
    .summary('every λ that would be tried; nothing is started')
    .description(
      'Prints every λ that would be tried, a narrowing stage with its rule, and what the search costs on this machine. Nothing is started.',
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText('after', '\nExample:\n  ridgeline plan configs/quickstart.yaml')
    .action(
      async (file: string, flags: CommonFlags & KernelFlags & { readonly format: string }) => {
        const spec = await loadStudy(file);
        const kernel = await kernelFor(context, flags.kernel);
        const plan = await planOf(spec, dataDirOf(context, flags), kernel);
        context.stdout.write(flags.format === 'json' ? planJson(plan) : formatPlan(plan));
      },
    );
}

async function planOf(spec: StudySpec, dataDir: string, kernel: Kernel): Promise<Plan> {
  const opened = await openDataset(spec.dataset, { dataDir });
  const remark = batchRemark(spec.trainer, opened.counts.train);
  const steps = stepsOf(spec.trainer, opened.counts.train);
  const secondsPerTrial = (await secondsPerStep(spec, dataDir, kernel)) * steps;
  return {
    study: spec.study,
    source: opened.source,
    counts: opened.counts,
    steps,
    secondsPerTrial,
    replicates: spec.replicates,
    racing: spec.racing,
    warnings: remark === null ? [] : [remark],
    stages: spec.stages.map((stage) => {
      const { name, trials, lambda } = stage;
      if (lambda.kind === 'narrow')
        return { name, trials, range: null, narrows: lambda.narrow, lambdas: [] };
      const sampled = stageTrials({ ...spec, replicates: 1 }, stage, lambda.range);
      return {
        name,
        trials,
        range: lambda.range,
        narrows: null,
        lambdas: sampled.map((trial) => ({ trial: trialName(trial.id), lambda: trial.lambda })),
      };
    }),
  };
}

/** Measured here and now, by a few steps of the real training. */
async function secondsPerStep(spec: StudySpec, dataDir: string, kernel: Kernel): Promise<number> {
  const data = await loadTrainingData(spec.dataset, spec.seed, dataDir, false);
  const settings = {
    ...spec.trainer,
    learningRate: {
      min: spec.trainer.learningRate.min,
      max: spec.trainer.learningRate.max,
      stepSize: sampleSteps / 2,
    },
    length: { kind: 'cycles', cycles: 1 },
    measure: { kind: 'end' },
  } as const;
  const request = { seed: spec.seed, replicate: 1, settings, lambdas: [1e-3], measureTest: false };
  const [result] = trainPack(kernel, request, data, { nowMs: () => performance.now() });
  return (result?.seconds ?? 0) / sampleSteps;
}
