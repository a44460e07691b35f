/**
 * What every study must satisfy, in one place: `config` adds the lines of the file to what this says,
 * `canonical-spec.ts` refuses texts from the network and the store by it.
 *
 * Shape is checked before (types); here are the rules between and beyond types.
 */
import type {
  DatasetSpec,
  LambdaRange,
  RecipeSpec,
  StageSpec,
  StudySpec,
  TrainerSettings,
} from './study-spec.ts';
import { stepsOfCycles } from './training-length.ts';

/** One broken rule: where (in the keys of the study file) and what. */
export interface SpecProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const namePattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
/** Fewer completed trials than this fail a stage, so fewer cannot be asked for. */
const stageTrialsMin = 3;
const stageTrialsMax = 1_000_000;
const stagesMax = 100;
const replicatesMax = 100;
const partsMax = 1000;
const fractionSlack = 1e-9;
const lambdaMax = 1e6;
/** More than twice as long is unusual already. */
const multiplierMax = 16;
/** Steps are counted in 32 bits on the wire. */
const stepsMax = 2 ** 31 - 1;
/** A trial's curve travels in one message and stays in memory. */
const measurementsMax = 10_000;

export function studyProblems(spec: StudySpec): SpecProblem[] {
  return [
    ...nameProblems(['study'], spec.study),
    ...seedProblems(spec.seed),
    ...datasetProblems(spec.dataset),
    ...trainerProblems(spec.trainer),
    ...spec.stages.flatMap((stage, index) => stageProblems(spec, stage, index)),
    ...stageCountProblems(spec.stages.length),
    ...(spec.test === 'all' && spec.dataset.test === null
      ? [{ path: ['test'], message: 'test: all needs a test split in dataset' }]
      : []),
    ...replicateProblems(spec),
    ...auditProblems(spec),
  ];
}

function replicateProblems({ replicates, racing, objective, stages }: StudySpec): SpecProblem[] {
  const problems = whole(['replicates'], replicates, 1, replicatesMax);
  const largest = Math.max(0, ...stages.map(({ trials }) => trials));
  if (largest <= stageTrialsMax && largest * replicates > stageTrialsMax) {
    problems.push({
      path: ['replicates'],
      message: `${replicates} of ${largest} λ are more than ${stageTrialsMax} trials in a stage`,
    });
  }
  if (!racing) return problems;
  if (replicates === 1) {
    problems.push({
      path: ['racing'],
      message: 'needs replicates: 2 or more, the most that a λ in the race is given',
    });
  }
  if (objective.metric !== 'validation_accuracy' || objective.direction !== 'maximize') {
    problems.push({
      path: ['racing'],
      message:
        'needs the objective validation_accuracy: who stays is found by comparing trials image by image',
    });
  }
  return problems;
}

function auditProblems({ audit, numerics }: StudySpec): SpecProblem[] {
  if (audit === null) return [];
  return [
    ...range(['audit', 'random'], audit.random, 0, 1),
    ...whole(['audit', 'top'], audit.top, 0, stageTrialsMax),
    ...(numerics === 'any'
      ? [
          {
            path: ['audit'],
            message:
              'needs numerics: canonical: machines that compute other bits cannot be compared',
          },
        ]
      : []),
  ];
}

export function recipeProblems(spec: RecipeSpec): SpecProblem[] {
  return [
    ...nameProblems(['study'], spec.name),
    ...seedProblems(spec.seed),
    ...datasetProblems(spec.dataset),
    ...trainerProblems(spec.trainer),
    ...range(['trainer', 'lambda'], spec.lambda, 0, lambdaMax),
  ];
}

function nameProblems(path: readonly string[], name: string): SpecProblem[] {
  if (namePattern.test(name)) return [];
  return [
    {
      path,
      message: 'must be 1 to 64 of a-z, 0-9, "-", "_" and ".", and start with a letter or digit',
    },
  ];
}

function seedProblems(seed: number): SpecProblem[] {
  if (Number.isSafeInteger(seed) && seed >= 0) return [];
  return [
    { path: ['seed'], message: `must be a whole number from 0 to 9007199254740991, got ${seed}` },
  ];
}

function stageCountProblems(count: number): SpecProblem[] {
  if (count >= 1 && count <= stagesMax) return [];
  const message = count === 0 ? 'at least one stage is needed' : `at most ${stagesMax} stages`;
  return [{ path: ['stages'], message }];
}

function datasetProblems(dataset: DatasetSpec): SpecProblem[] {
  const problems = drawingProblems(dataset);
  const claimed = new Map<string, string>();
  for (const split of ['train', 'validation', 'test'] as const) {
    const selection = dataset[split];
    if (selection === null) continue;
    if (selection.kind === 'count') {
      problems.push(...whole(['dataset', split, 'count'], selection.count, 1, 2 ** 31));
      continue;
    }
    if (selection.kind === 'fraction') {
      problems.push(...fractionProblems(['dataset', split, 'fraction'], selection.fraction));
      continue;
    }
    const parts = selection.parts.length;
    if (parts === 0 || parts > partsMax) {
      const message = parts === 0 ? 'at least one part is needed' : `at most ${partsMax} parts`;
      problems.push({ path: ['dataset', split], message });
    }
    for (const [index, part] of selection.parts.entries()) {
      const other = claimed.get(part);
      if (other !== undefined) {
        problems.push({
          path: ['dataset', split, index],
          message: `part ${part} is in ${other} already; splits must not overlap`,
        });
      }
      claimed.set(part, split);
    }
  }
  return problems;
}

/** Rules between the splits that the seed draws. */
function drawingProblems({ train, validation, test, stratify }: DatasetSpec): SpecProblem[] {
  const selections = [train, validation, test].filter((selection) => selection !== null);
  const problems: SpecProblem[] = [];
  const fractions = selections.flatMap((selection) =>
    selection.kind === 'fraction' ? [selection.fraction] : [],
  );
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  // Tenths add up to a little more than 1.
  if (sum > 1 + fractionSlack && fractions.every((fraction) => fraction <= 1)) {
    const message = `the splits take ${sum} of the records together; they must not overlap`;
    problems.push({ path: ['dataset'], message });
  }
  if (stratify === true && selections.every(({ kind }) => kind === 'parts')) {
    const message = 'nothing is drawn here that could be stratified: every split names its parts';
    problems.push({ path: ['dataset', 'stratify'], message });
  }
  return problems;
}

function fractionProblems(path: readonly string[], fraction: number): SpecProblem[] {
  if (fraction > 0 && fraction <= 1) return [];
  const hint = fraction > 1 ? `; for ${fraction} records write { count: ${fraction} }` : '';
  return [{ path, message: `must be above 0 and at most 1, got ${fraction}${hint}` }];
}

function trainerProblems(trainer: TrainerSettings): SpecProblem[] {
  const { learningRate } = trainer;
  const problems = [
    ...whole(['trainer', 'hidden'], trainer.hidden, 1, 4096),
    ...whole(['trainer', 'batch'], trainer.batch, 1, 100_000),
    ...range(['trainer', 'learning_rate', 'min'], learningRate.min, 0, 1e3),
    ...range(['trainer', 'learning_rate', 'max'], learningRate.max, Number.MIN_VALUE, 1e3),
    ...whole(['trainer', 'learning_rate', 'step_size'], learningRate.stepSize, 1, 1e9),
    ...whole(['trainer', 'shift'], trainer.shift, 0, 64),
  ];
  if (!(trainer.dropout >= 0 && trainer.dropout < 1)) {
    problems.push({
      path: ['trainer', 'dropout'],
      message: `must be at least 0 and below 1, got ${trainer.dropout}`,
    });
  }
  if (learningRate.cycleMultiplier !== undefined) {
    problems.push(
      ...whole(
        ['trainer', 'learning_rate', 'cycle_multiplier'],
        learningRate.cycleMultiplier,
        2,
        multiplierMax,
      ),
    );
  }
  if (learningRate.min > learningRate.max) {
    problems.push({
      path: ['trainer', 'learning_rate', 'min'],
      message: `min ${learningRate.min} must not be above max ${learningRate.max}`,
    });
  }
  return [...problems, ...lengthProblems(trainer)];
}

function lengthProblems({ learningRate, length, measure }: TrainerSettings): SpecProblem[] {
  const count = length.kind === 'cycles' ? length.cycles : length.epochs;
  const problems = whole(['trainer', length.kind], count, 1, 1_000_000);
  if (measure.kind === 'steps') {
    problems.push(...whole(['trainer', 'measure', 'steps'], measure.steps, 1, 1e9));
  }
  const steps = length.kind === 'cycles' ? stepsOfCycles(learningRate, count) : 0;
  if (problems.length === 0 && steps > stepsMax) {
    const { stepSize, cycleMultiplier } = learningRate;
    const growing =
      cycleMultiplier === undefined ? '' : `, each ${cycleMultiplier} times the last,`;
    const message = `${count} cycles of 2 × ${stepSize} steps${growing} are more than ${stepsMax} steps`;
    problems.push({ path: ['trainer', 'cycles'], message });
  }
  // Where the size of the data set decides, only the trainer knows; that is bounded by its records.
  const measurements =
    measure.kind === 'steps'
      ? steps / measure.steps
      : `${measure.kind}s` === length.kind
        ? count
        : 0;
  if (problems.length === 0 && measurements > measurementsMax) {
    const message = `gives ${Math.ceil(measurements)} measurements in a trial, at most ${measurementsMax} are kept`;
    problems.push({ path: ['trainer', 'measure'], message });
  }
  return problems;
}

function stageProblems(spec: StudySpec, stage: StageSpec, index: number): SpecProblem[] {
  const at = ['stages', index] as const;
  const problems = [
    ...nameProblems([], stage.name).map(({ message }) => ({ path: [...at, 'name'], message })),
    ...whole([...at, 'trials'], stage.trials, stageTrialsMin, stageTrialsMax),
  ];
  const earlier = spec.stages.slice(0, index).map((other) => other.name);
  if (earlier.includes(stage.name))
    problems.push({
      path: [...at, 'name'],
      message: `another stage is called ${stage.name} already`,
    });
  const { lambda } = stage;
  if (lambda.kind === 'narrow') {
    if (!earlier.includes(lambda.narrow)) {
      const known =
        earlier.length > 0 ? `earlier stages: ${earlier.join(', ')}` : 'no stage comes before it';
      problems.push({
        path: [...at, 'lambda', 'narrow'],
        message: `there is no earlier stage ${JSON.stringify(lambda.narrow)} (${known})`,
      });
    }
    return problems;
  }
  return [...problems, ...boundProblems([...at, 'lambda'], lambda.range)];
}

function boundProblems(at: readonly (string | number)[], { min, max }: LambdaRange): SpecProblem[] {
  const problems = Object.entries({ min, max }).flatMap(([key, value]): SpecProblem[] => {
    if (value > 0 && value <= lambdaMax) return [];
    // Other systems take exponents here; one is recognised by being a whole number below 0.
    const hint =
      Number.isInteger(value) && value < 0 && value > -300
        ? `; bounds are values: 1.0e${value}, not the exponent ${value}`
        : '';
    return [
      { path: [...at, key], message: `must be above 0 and at most 1e6, got ${value}${hint}` },
    ];
  });
  if (problems.length === 0 && min >= max) {
    problems.push({ path: [...at, 'min'], message: `min ${min} must be below max ${max}` });
  }
  return problems;
}

function whole(
  path: readonly (string | number)[],
  value: number,
  min: number,
  max: number,
): SpecProblem[] {
  if (Number.isInteger(value) && value >= min && value <= max) return [];
  return [{ path, message: `must be a whole number from ${min} to ${max}, got ${value}` }];
}

function range(
  path: readonly (string | number)[],
  value: number,
  min: number,
  max: number,
): SpecProblem[] {
  if (value >= min && value <= max) return [];
  const bounds = min === 0 ? `from 0 to ${max}` : `above 0 and at most ${max}`;
  return [{ path, message: `must be ${bounds}, got ${value}` }];
}
