/** A trainer of the port as a module of the user, and a module as a trainer of the port. */
import type { TrainingData } from '../../../src/study/images.ts';
import { toCamel } from '../../../src/study/spec/case-codec.ts';
import type { Params } from '../../../src/study/search-space.ts';
import type { TrainerSettings } from '../../../src/study/trainer-description.ts';
import { declareModule } from '../../../src/trainers/module/declaration.ts';
import { describeModule } from '../../../src/trainers/module/description.ts';
import { modulePort } from '../../../src/trainers/module/module-training.ts';
import type {
  TrainerData,
  TrainerModule,
  TrainerRecords,
} from '../../../src/trainers/module/trainer-module.ts';
import type { Trainer } from '../../../src/trainers/trainer.ts';

/** A trainer on the data of the study, with one searched parameter and the other settings fixed. */
export function asModule(
  trainer: Trainer,
  settings: TrainerSettings,
  searched: string,
  trainRecords: number,
): TrainerModule<Params> {
  const { min = -1e300, max = 1e300, description = '' } = trainer.parameters[searched] ?? {};
  return {
    contract: 1,
    needsData: true,
    parameters: { [searched]: { kind: 'number', min, max, default: min, description } },
    metrics: Object.fromEntries(
      trainer.metrics.map(({ name, direction }) => [name, direction ?? 'minimize']),
    ),
    rungs: () => trainer.rungs(settings, trainRecords),
    open({ seed, replicate, parameters, data }) {
      const context = { seed, replicate, settings, measureTest: data.test !== null };
      const training = trainer.open([{ params: parameters }], toTrainingData(data), context);
      return {
        trainTo(step, { onStep, isStopped }) {
          const [status] = training.trainTo(step, { nowMs: () => 0, onStep, isStopped });
          const kind = status?.kind ?? 'ended';
          if (kind === 'ended') throw new Error('no member has left the pack');
          return kind;
        },
        measure() {
          const { metrics, correct } = training.measure(0);
          const bit = (record: number): number => (correct![record >> 3]! >> (record & 7)) & 1;
          const marks = Array.from({ length: data.validation.count }, (_, record) => bit(record));
          return { metrics, correct: marks };
        },
        state: () => training.state(0),
        restore: (state) => training.restore(0, state),
        digest: () => training.digest(0) ?? '',
      };
    },
  };
}

function toTrainingData({ train, validation, test, ...shape }: TrainerData): TrainingData {
  const split = ({ count, pixels, labels }: TrainerRecords) => ({
    images: { ...shape, pixels, labels },
    records: Uint32Array.from({ length: count }, (_, record) => record),
  });
  return {
    train: split(train),
    validation: split(validation),
    test: test === null ? null : split(test),
  };
}

/** A module with the settings that a study has after it was loaded from its file. */
export function asTrainer(module: unknown, given: Params = {}) {
  const declares = declareModule(module, { given, searched: [] });
  const section = { module: 'trainer.ts', parameters: given, declares, repeatable: 'exact' };
  const description = describeModule(section);
  const settings: TrainerSettings = toCamel(description.settings.parse(section));
  const trainer: Trainer = { ...description, ...modulePort(module as TrainerModule<Params>) };
  return { trainer, settings };
}
