import softmax from '../../../examples/trainers/module/softmax.ts';
import { trainerConformance } from '../../conformance/trainer.ts';
import { asModule, asTrainer } from '../support/as-module.ts';
import { digits } from '../support/digits.ts';
import { logisticTrainer } from '../support/logistic-trainer.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import { twoLayerTraining } from '../../../src/trainers/two-layer/two-layer.ts';
import { portableKernel } from '../two-layer/support/portable-kernel.ts';
import { plainSettings } from '../two-layer/support/synthetic-images.ts';

const context = { seed: 3, replicate: 1, measureTest: true };

const builtIn = asTrainer(
  asModule(
    { ...twoLayer, ...twoLayerTraining(portableKernel) },
    { ...plainSettings, cycles: 3, batch: 20, dropout: 0.2, shift: 1, mirror: true },
    'lambda',
    100,
  ),
);
trainerConformance('two-layer network as a module', builtIn.trainer, () => ({
  params: [{ lambda: 1e-4 }, { lambda: 0.1 }],
  diverging: { lambda: 1e6 },
  data: digits(100, 60),
  context: { ...context, settings: builtIn.settings },
}));

const logistic = asTrainer(asModule(logisticTrainer, { steps: 6, rate: 0.5 }, 'penalty', 60));
trainerConformance('logistic trainer as a module', logistic.trainer, () => ({
  params: [{ penalty: 1e-4 }, { penalty: 0.1 }],
  diverging: { penalty: 1e6 },
  data: digits(60, 40),
  context: { ...context, settings: logistic.settings },
}));

const example = asTrainer(softmax, { epochs: 5 });
trainerConformance('module of the example', example.trainer, () => ({
  params: [{ learning_rate: 0.01 }, { learning_rate: 0.1, penalty: 0.01 }],
  diverging: { learning_rate: 10, penalty: 10 },
  data: digits(60, 40),
  context: { ...context, settings: example.settings },
}));
