/** Two-layer description: describes the two-layer trainer for code that does not train. */
import { classificationMetrics } from '../../study/metrics.ts';
import { paramsText, type Params } from '../../study/search-space.ts';
import { settingParameters } from '../../study/spec/setting-parameters.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { learningRateAt } from './learning-rate.ts';
import { cycleEnds, measuredSteps, stepsPerEpoch } from './schedule.ts';
import { settingsSchema } from './settings-schema.ts';
import { settingsProblems, twoLayerName, twoLayerSettings } from './settings.ts';
import { lambdaDefinition, methodSentences } from './method-sentences.ts';
import { lambdaFloor } from './weight-decay-floor.ts';

/** The most trials in one pack: larger packs do not fit a thread's caches and are not faster. */
const packMax = 8;
/** Columns of the first layer's product, pack size × hidden units, that fit a thread's memory. */
const packColumnsMax = 800;

/** Members of a pack differ in these: they do not change the shape of the network or the batches. */
const memberParameters: readonly string[] = ['lambda', 'learning_rate.min', 'learning_rate.max'];

/** The values that all members of a pack have in common, as text. */
function sharedParametersText(params: Params): string {
  const names = Object.keys(params);
  if (names.every((name) => memberParameters.includes(name))) return '';
  const shared = Object.entries(params).filter(([name]) => !memberParameters.includes(name));
  return paramsText(Object.fromEntries(shared));
}

export const twoLayer: TrainerDescription = {
  name: twoLayerName,
  settings: settingsSchema,
  problems: settingsProblems,
  parameters: {
    lambda: {
      min: 0,
      max: 1e6,
      description: 'the L2 strength',
      definition: lambdaDefinition,
      regularizes: true,
    },
    ...settingParameters(settingsSchema),
  },
  metrics: classificationMetrics,
  reproducible: true,
  packKey: sharedParametersText,
  packSize(settings) {
    const fit = Math.floor(packColumnsMax / twoLayerSettings(settings).hidden);
    return Math.max(1, Math.min(packMax, fit));
  },
  rungs: (settings, trainRecords) => cycleEnds(twoLayerSettings(settings), trainRecords),
  measuredSteps: (settings, trainRecords) =>
    measuredSteps(twoLayerSettings(settings), trainRecords),
  progressAt(settings, trainRecords, step) {
    const own = twoLayerSettings(settings);
    return {
      epoch: step / stepsPerEpoch(own, trainRecords),
      learning_rate: learningRateAt(own.learningRate, step - 1),
    };
  },
  remarks(settings, trainRecords) {
    const { batch } = twoLayerSettings(settings);
    const remark = `trainer.batch (${batch}) is larger than the training set (${trainRecords} images): each step uses all of them`;
    return batch > trainRecords ? [remark] : [];
  },
  method: (settings) => methodSentences(twoLayerSettings(settings)),
  divergenceAdvice: (settings) => [
    `learning_rate.max (${twoLayerSettings(settings).learningRate.max})`,
  ],
  effectiveMinimum: (parameter, settings, steps) =>
    parameter === 'lambda' ? lambdaFloor(twoLayerSettings(settings).learningRate, steps) : null,
};
