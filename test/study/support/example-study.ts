/** Example studies for tests; a test states only what differs from them. */
import type { StageSpec, StudySpec } from '../../../src/study/spec/study-spec.ts';

/** Settings of the two-layer trainer in which only the order of records is random. */
export const plainTrainer = {
  name: 'two-layer',
  hidden: 50,
  batch: 50,
  learningRate: { min: 1e-5, max: 0.1, stepSize: 100, cycleMultiplier: 1 },
  cycles: 2,
  measure: { steps: 10 },
  dropout: 0,
  mirror: false,
  shift: 0,
};

export function exampleStudy(changes: Partial<StudySpec> = {}): StudySpec {
  return {
    study: 'example',
    seed: 3,
    dataset: {
      name: 'digits',
      train: { count: 1000 },
      validation: { count: 400 },
      test: { count: 397 },
      stratify: false,
    },
    trainer: { ...plainTrainer, dropout: 0.1, mirror: true, shift: 1 },
    objective: { metric: 'validation_accuracy', direction: 'maximize' },
    stages: twoStages(12, 12),
    replicates: 1,
    racing: false,
    reproducible: true,
    test: 'winner',
    ...changes,
  };
}

/** A coarse stage, and a fine one that narrows it, with these numbers of trials. */
export function twoStages(coarse: number, fine: number): StageSpec[] {
  return [
    {
      name: 'coarse',
      trials: coarse,
      search: { lambda: { distribution: 'log_uniform', min: 1e-9, max: 1e-1 } },
    },
    {
      name: 'fine',
      trials: fine,
      search: { lambda: { distribution: 'log_uniform', narrow: 'coarse' } },
    },
  ];
}
