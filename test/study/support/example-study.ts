/** A study for tests, in the program's own words; others are made from it by what is different. */
import type { StageSpec, StudySpec, TrainerSettings } from '../../../src/study/spec/study-spec.ts';

export function exampleStudy(changes: Partial<StudySpec> = {}): StudySpec {
  return {
    study: 'example',
    seed: 3,
    dataset: {
      source: { kind: 'named', name: 'digits' },
      train: { kind: 'count', count: 1000 },
      validation: { kind: 'count', count: 400 },
      test: { kind: 'count', count: 397 },
    },
    trainer: { ...plainTrainer, dropout: 0.1, mirror: true, shift: 1 },
    objective: { metric: 'validation_accuracy', direction: 'maximize' },
    stages: twoStages(12, 12),
    replicates: 1,
    racing: false,
    numerics: 'canonical',
    test: 'winner',
    audit: null,
    ...changes,
  };
}

/** Nothing is random in it but the order of records. */
export const plainTrainer: TrainerSettings = {
  hidden: 50,
  batch: 50,
  learningRate: { min: 1e-5, max: 0.1, stepSize: 100 },
  length: { kind: 'cycles', cycles: 2 },
  measure: { kind: 'steps', steps: 10 },
  dropout: 0,
  mirror: false,
  shift: 0,
};

/** A coarse stage, and a fine one that narrows it, with so many trials. */
export function twoStages(coarse: number, fine: number): StageSpec[] {
  return [
    {
      name: 'coarse',
      trials: coarse,
      lambda: { kind: 'range', distribution: 'log_uniform', range: { min: 1e-9, max: 1e-1 } },
    },
    {
      name: 'fine',
      trials: fine,
      lambda: { kind: 'narrow', distribution: 'log_uniform', narrow: 'coarse' },
    },
  ];
}
