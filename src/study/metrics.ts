/**
 * Metrics: what is measured of a trial. Each is described once here or by its trainer; the wire, the
 * store, tables, files and `--where` carry them by name and know none of them.
 */

export interface Metric {
  /** In files, tables and the store: `validation_accuracy`. */
  readonly name: string;
  /** `progress`: how far training is, such as the epoch. */
  readonly kind: 'accuracy' | 'loss' | 'cost' | 'progress';
  /** The split that it was measured on; null for progress. */
  readonly split: 'train' | 'validation' | 'test' | null;
  /** What is better; null if the metric cannot be an objective. */
  readonly direction: 'maximize' | 'minimize' | null;
  /** `share`: in [0, 1], printed in %. */
  readonly unit: 'share' | 'nats' | null;
  readonly description: string;
}

/** Values by name. Absent: not measured. NaN or infinite: the trial diverges. */
export type Metrics = Readonly<Record<string, number>>;

function onSplit(split: 'train' | 'validation' | 'test', noun: string): Metric[] {
  const loss: Metric = {
    name: `${split}_loss`,
    kind: 'loss',
    split,
    direction: 'minimize',
    unit: 'nats',
    description: `mean cross-entropy of the ${noun}, in nats`,
  };
  const cost: Metric = {
    ...loss,
    name: `${split}_cost`,
    kind: 'cost',
    description: `loss of the ${noun} plus the L2 penalty`,
  };
  const accuracy: Metric = {
    ...loss,
    name: `${split}_accuracy`,
    kind: 'accuracy',
    direction: 'maximize',
    unit: 'share',
    description: `share of the ${noun} that are classified correctly`,
  };
  if (split === 'validation') return [loss, cost, accuracy];
  // The penalty is part of training: cost ranks by validation only. The test set ranks nothing.
  if (split === 'train') return [loss, { ...cost, direction: null }, accuracy];
  return [loss, accuracy].map((metric) => ({ ...metric, direction: null }));
}

/** What a classifier reports, in the order of curves and fingerprints. */
export const classificationMetrics: readonly Metric[] = [
  {
    name: 'epoch',
    kind: 'progress',
    split: null,
    direction: null,
    unit: null,
    description: 'passes over the training set so far: step / steps per epoch',
  },
  {
    name: 'learning_rate',
    kind: 'progress',
    split: null,
    direction: null,
    unit: null,
    description: 'learning rate of the last update',
  },
  ...onSplit('train', 'training images'),
  ...onSplit('validation', 'validation images'),
  ...onSplit('test', 'test images'),
];
