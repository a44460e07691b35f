/** Trial training: drives a trainer from the first step, or from stored states, to the trials' results. */
import { assert } from '../base/assert.ts';
import type { TrainingData } from '../study/images.ts';
import type { Params } from '../study/search-space.ts';
import { trialSettings } from '../study/trial-settings.ts';
import { noCorrectness, type TrialResult } from '../study/trial.ts';
import type {
  MemberStatus,
  TrainHooks,
  Training,
  TrainingContext,
  TrainingPort,
} from './trainer.ts';
import { areStatesRight, type ExpectedResult } from './verify-state.ts';

export interface TrialsRequest extends TrainingContext {
  /** Hyperparameters of each trial; at least one trial. */
  readonly params: readonly Params[];
  /** One state per trial, all at one step. Absent: training starts at the first step. */
  readonly resume?: readonly TrainingState[] | undefined;
  /** The rung at which training ends; absent: the last one. */
  readonly toStep?: number | undefined;
}

/** A member at a rung that it has reached. */
export interface ReachedRung {
  readonly step: number;
  /** Of its parameters; '' if the trainer has no digests. */
  readonly digest: string;
  /** At the last rung of the request, so that a later one can continue; null at the others. */
  readonly state: Uint8Array | null;
}

/** Where training resumes. With the request it determines the result to the last bit. */
export interface TrainingState {
  /** Updates done. */
  readonly step: number;
  /** What `Training.restore` reads. */
  readonly bytes: Uint8Array;
  /** The stored result at this step, if another worker has trained the state; absent: it is not verified. */
  readonly expected?: ExpectedResult | undefined;
}

export interface TrialsHooks extends TrainHooks {
  /** Called at each rung, and where training was stopped, for members that have not diverged. */
  onState?(member: number, state: TrainingState): void;
  /** Called if a state is not the expected one: all members are trained from the first step. */
  onRejected?(): void;
  /** Called at each rung, for members that have not diverged. */
  onRung?(member: number, rung: ReachedRung): void;
}

/**
 * Trains one pack. Returns one result per trial, in order; null if `hooks.isStopped` stopped it.
 * @throws RidgelineError STUDY_INVALID if the settings cannot be trained on these data
 */
export function trainTrials(
  trainer: TrainingPort,
  request: TrialsRequest,
  data: TrainingData,
  hooks: TrialsHooks,
): TrialResult[] | null {
  const { params, resume = [], toStep = Infinity, ...context } = request;
  const firstStep = resume[0]?.step ?? 0;
  assert(params.length > 0, 'a pack has members');
  assert(
    resume.every(({ step }) => step === firstStep) && [0, params.length].includes(resume.length),
    'a pack resumes with one state per member, all at one step',
  );
  const trials = params.map((values) => ({ params: values }));
  const training = trainer.open(trials, data, context);
  if (!restoreStates(training, resume, hooks)) {
    hooks.onRejected?.();
    return trainTrials(trainer, { ...request, resume: undefined }, data, hooks);
  }
  // The trials of a pack have the same rungs.
  const settings = trialSettings(context.settings, params[0] ?? {});
  const all = trainer.rungs(settings, data.train.records.length);
  const rungs = all.filter((step) => step <= toStep);
  assert(toStep === Infinity || rungs.at(-1) === toStep, () => `step ${toStep} is a rung`);
  const reportRung = (member: number, step: number): void => {
    if (hooks.onRung === undefined) return;
    const state = step === toStep ? training.state(member) : null;
    hooks.onRung(member, { step, digest: training.digest(member) ?? '', state });
  };
  let statuses: readonly MemberStatus[] = [];
  for (const [index, rung] of rungs.entries()) {
    if (rung <= firstStep && index < rungs.length - 1) continue;
    statuses = training.trainTo(rung, hooks);
    for (const [member, { kind, step }] of statuses.entries()) {
      if (kind === 'diverged' || rung <= firstStep) continue;
      hooks.onState?.(member, { step, bytes: training.state(member) });
      if (kind === 'reached') reportRung(member, step);
    }
    if (statuses.some(({ kind }) => kind === 'stopped')) return null;
    if (statuses.every(({ kind }) => kind === 'diverged')) break;
  }
  return statuses.map(({ kind, step: steps, seconds, curve }, member) => {
    if (kind === 'diverged') return { kind, steps, seconds, curve };
    const validationCorrect = training.measure(member).correct ?? noCorrectness;
    const digest = training.digest(member) ?? '';
    return { kind: 'complete', steps, seconds, digest, curve, validationCorrect };
  });
}

/** @returns whether the states are right; those that this worker has trained itself are not verified */
function restoreStates(
  training: Training,
  states: readonly TrainingState[],
  hooks: TrainHooks,
): boolean {
  const expected = states.map((state) => state.expected);
  const [first] = states;
  const isForeign = expected.some((wanted) => wanted !== undefined);
  try {
    for (const [member, { bytes }] of states.entries()) training.restore(member, bytes);
    return (
      first === undefined || !isForeign || areStatesRight(training, first.step, expected, hooks)
    );
  } catch (error) {
    // Bytes of another worker may be anything.
    if (isForeign) return false;
    throw error;
  }
}
