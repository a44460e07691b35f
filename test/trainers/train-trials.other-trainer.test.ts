import { trainerConformance } from '../conformance/trainer.ts';
import { digits } from './support/digits.ts';
import { logisticTrainer } from './support/logistic-trainer.ts';

trainerConformance(logisticTrainer.name, logisticTrainer, () => ({
  params: [{ penalty: 1e-4 }, { penalty: 0.1 }, { penalty: 1e-7 }],
  diverging: { penalty: 1e5 },
  data: digits(60, 40),
  context: {
    seed: 3,
    replicate: 1,
    settings: { name: 'logistic', steps: 6, rate: 0.5, momentum: 0.9 },
    measureTest: true,
  },
}));
