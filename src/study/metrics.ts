/**
 * Metrics: the quantities that are measured of a trial. Each is described once, here or by its trainer;
 * all other code handles metrics by name.
 */

export interface Metric {
  /** In files, tables and the store: `validation_accuracy`. */
  readonly name: string;
  /** `progress`: the position in the training, such as the epoch. */
  readonly kind: 'accuracy' | 'loss' | 'cost' | 'progress';
  /** The split that it was measured on; null for progress. */
  readonly split: 'train' | 'validation' | 'test' | null;
  /** Whether greater or smaller values are better; null if the metric cannot be an objective. */
  readonly direction: 'maximize' | 'minimize' | null;
  /** `share`: in [0, 1], printed in %. */
  readonly unit: 'share' | 'nats' | null;
  readonly description: string;
}

/** Values by name. Absent: not measured. NaN or infinite: the trial diverges. */
export type Metrics = Readonly<Record<string, number>>;

function onSplit(split: 'train' | 'validation' | 'test', noun: string): Metric[] {
  const metric = (kind: 'loss' | 'cost' | 'accuracy', description: string): Metric => {
    // Objectives are the metrics of the validation split, and training loss and accuracy.
    const ranks = split === 'validation' || (split === 'train' && kind !== 'cost');
    const direction = kind === 'accuracy' ? 'maximize' : 'minimize';
    const unit = kind === 'accuracy' ? 'share' : 'nats';
    const name = `${split}_${kind}`;
    return { name, kind, split, direction: ranks ? direction : null, unit, description };
  };
  return [
    metric('loss', `mean cross-entropy of the ${noun}, in nats`),
    ...(split === 'test' ? [] : [metric('cost', `loss of the ${noun} plus the L2 penalty`)]),
    metric('accuracy', `share of the ${noun} that are classified correctly`),
  ];
}

const progress = { kind: 'progress', split: null, direction: null, unit: null } as const;

/** What a classifier reports, in the order of curves and fingerprints. */
export const classificationMetrics: readonly Metric[] = [
  {
    ...progress,
    name: 'epoch',
    description: 'passes over the training set so far: step / steps per epoch',
  },
  { ...progress, name: 'learning_rate', description: 'learning rate of the last update' },
  ...onSplit('train', 'training images'),
  ...onSplit('validation', 'validation images'),
  ...onSplit('test', 'test images'),
];
