import { trainerConformance } from '../../conformance/trainer.ts';
import { digits } from '../support/digits.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import { twoLayerTraining } from '../../../src/trainers/two-layer/two-layer.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings } from './support/synthetic-images.ts';

const trainer = { ...twoLayer, ...twoLayerTraining(portableKernel) };

trainerConformance('two-layer', trainer, () => ({
  params: [{ lambda: 1e-4 }, { lambda: 0.1 }, { lambda: 1e-7 }],
  diverging: { lambda: 1e30 },
  data: digits(100, 60),
  context: {
    seed: 3,
    replicate: 1,
    settings: { ...plainSettings, cycles: 3, batch: 20, dropout: 0.2, shift: 1, mirror: true },
    measureTest: true,
  },
}));
