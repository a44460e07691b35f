/** A study for tests, in the program's own words. */
import type { StudySpec } from '../../src/study/study-spec.ts';

export function exampleStudy(): StudySpec {
  return {
    study: 'example',
    seed: 3,
    dataset: {
      source: { kind: 'named', name: 'digits' },
      train: { kind: 'count', count: 1000 },
      validation: { kind: 'count', count: 400 },
      test: { kind: 'count', count: 397 },
    },
    trainer: {
      hidden: 50,
      batch: 50,
      learningRate: { min: 1e-5, max: 0.1, stepSize: 100 },
      length: { kind: 'cycles', cycles: 2 },
      measure: { kind: 'steps', steps: 10 },
      dropout: 0.1,
      mirror: true,
      shift: 1,
    },
    objective: { metric: 'validation_accuracy', direction: 'maximize' },
    stages: [
      {
        name: 'coarse',
        trials: 12,
        lambda: { kind: 'range', distribution: 'log_uniform', range: { min: 1e-9, max: 1e-1 } },
      },
      {
        name: 'fine',
        trials: 12,
        lambda: { kind: 'narrow', distribution: 'log_uniform', narrow: 'coarse' },
      },
    ],
    replicates: 1,
    racing: false,
    numerics: 'canonical',
    test: 'winner',
    audit: null,
  };
}
