/** Program metrics: descriptions of the metrics that a command or a module of the user declares. */
import { classificationMetrics, type Metric } from '../study/metrics.ts';

/** @param section metrics with their directions; what has the wrong type counts as missing */
export function programMetrics(section: unknown): Metric[] {
  if (typeof section !== 'object' || section === null) return [];
  const entries: [string, unknown][] = Object.entries(section);
  return entries.map(([name, direction]) =>
    toMetric(name, direction === 'minimize' ? 'minimize' : 'maximize'),
  );
}

/** A metric with the name of one that classifiers report is that one. Test metrics cannot be objectives. */
function toMetric(name: string, direction: 'maximize' | 'minimize'): Metric {
  const [first = ''] = name.split('_');
  const split = first === 'train' || first === 'validation' || first === 'test' ? first : null;
  const common = classificationMetrics.find((metric) => metric.name === name);
  const isAccuracy = name.endsWith('accuracy');
  return {
    name,
    kind: common?.kind ?? (isAccuracy ? 'accuracy' : 'loss'),
    split,
    direction: split === 'test' || common?.kind === 'progress' ? null : direction,
    unit: common?.unit ?? (isAccuracy ? 'share' : null),
    description: common?.description ?? `${name}, as the program measures it`,
  };
}
