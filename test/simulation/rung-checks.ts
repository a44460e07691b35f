/**
 * Rules for rungs: a trial is stopped, or trained on, once all results of its round are stored and audited,
 * by McNemar's test against the leader. Computed here from the stored results, without the planner.
 */
import { assert } from '../../src/base/assert.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { trialName, type RungResult } from '../../src/study/trial.ts';
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { Resumption } from '../../src/worker/states/state-keys.ts';
import type { ModelStudy, ModelTrial } from './model-store.ts';
import { rungTrainer } from './simulated-results.ts';

const miss = 0.05;

/** A search or test continues from the state at the last rung of its trial. A simulated state is its digest. */
export function checkResumption({ kind, members }: Assignment, { states }: Resumption): void {
  assert(kind !== 'audit', 'an audit trains from the first step');
  for (const [member, { key, rung }] of members.entries()) {
    const text = new TextDecoder().decode(states[member]?.bytes);
    assert(text === rung?.digest, `${trialName(key.trial)} continues from the state at its rung`);
  }
}

/** An audit receives no state that another worker has uploaded. */
export function checkStates({ kind, members }: Assignment): void {
  const isIndependent = kind !== 'audit' || members.every(({ state }) => state === null);
  assert(isIndependent, 'an audit receives no uploaded state');
}

/** A trial leaves its rung when the round has ended. @param toStep where it goes */
export function checkMoved(study: ModelStudy, trial: ModelTrial, toStep: number | null): void {
  const { status, rungs, id } = trial;
  assert(rungs, `${trialName(id)} has rungs`);
  const isForward = rungs.toStep !== null && (toStep ?? Infinity) > rungs.toStep;
  if (!isForward) return;
  assert(status === 'paused', `${trialName(id)} has reached its rung when it is trained on`);
  const counts = comparison(study, trial);
  assert(
    counts === null || counts.pValue >= counts.level,
    `${trialName(id)} is trained on, so it is not clearly worse`,
  );
}

export function checkStopped(
  study: ModelStudy,
  { stop, trial: id }: StoreRow<'trial-stopped'>,
): void {
  const trial = study.trials.get(trialName(id));
  assert(trial?.status === 'paused', `${trialName(id)} is at a rung when it is stopped`);
  const counts = comparison(study, trial);
  assert(counts !== null && counts.pValue < counts.level, `${trialName(id)} is clearly worse`);
  const found = [trialName(stop.leader), stop.onlyLeader, stop.onlyTrial, stop.step].join(' ');
  const expected = [counts.leader, counts.onlyLeader, counts.onlyTrial, trial.rungs?.toStep].join(
    ' ',
  );
  assert(found === expected, `${trialName(id)} is stopped by ${found}, not by ${expected}`);
}

/** A stage that has gained trials is compared again from the first rung on. */
export function checkRestarted({ record, trials }: ModelStudy, grown: string | null): void {
  const sampler = record.spec.stages.find(({ name }) => name === grown)?.sampler;
  // The model proposes the new trials when the others have been compared again.
  if (sampler === 'model') return;
  const first = rungTrainer.learningRate.stepSize * 2;
  for (const { id, rungs, status, result } of trials.values()) {
    if (id.stage !== grown || rungs === undefined || status === 'cancelled') continue;
    const isOut = (status === 'failed' && result === null) || rungs.results.length === 0;
    const isBack = rungs.toStep === first && rungs.stop === null;
    assert(isOut || isBack, `${trialName(id)} is compared again after its stage has grown`);
  }
}

/** The test of a trial at its rung against the leader there; null if its result is disputed. */
function comparison({ record, trials }: ModelStudy, trial: ModelTrial) {
  const step = trial.rungs?.toStep ?? 0;
  const all = [...trials.values()].filter(({ id }) => id.replicate === 1);
  const own = all.filter(({ id }) => id.stage === trial.id.stage);
  for (const other of own)
    assert(
      other.status !== 'running' && !(other.status === 'waiting' && isBehind(other, step)),
      `${trialName(other.id)} has its result when ${trialName(trial.id)} is compared`,
    );
  if (trial.audit === 'disputed') return null;
  const order = record.stages.map(({ name }) => name);
  const place = ({ id }: ModelTrial): number => order.indexOf(id.stage);
  const before = all.filter(
    (other) => place(other) < place(trial) && other.status === 'complete' && other.rungs,
  );
  const rivals = [...before, ...own.filter((other) => isAlive(other, step))]
    .flatMap((other) => {
      const bits = bitsAt(other, step);
      return bits === null ? [] : [{ other, bits, correct: bits.filter(Boolean).length }];
    })
    .toSorted(
      (a, b) =>
        b.correct - a.correct ||
        place(a.other) - place(b.other) ||
        a.other.id.index - b.other.id.index,
    );
  const mine = bitsAt(trial, step);
  const [leader] = rivals;
  assert(mine && leader, `${trialName(trial.id)} has a result at step ${step}`);
  const onlyLeader = mine.filter((isRight, image) => leader.bits[image]! && !isRight).length;
  const onlyTrial = mine.filter((isRight, image) => !leader.bits[image]! && isRight).length;
  const { trials: planned } = record.stages[place(trial)]!;
  const level = miss / (planned + before.length - 1) / rungTrainer.cycles;
  const pValue = tail(onlyLeader, onlyLeader + onlyTrial);
  return { leader: trialName(leader.other.id), onlyLeader, onlyTrial, pValue, level };
}

/** Whether a waiting trial has not reached the step: others of its round were moved in the same commit. */
function isBehind({ rungs }: ModelTrial, step: number): boolean {
  return !rungs?.results.some(({ result }) => result.steps === step);
}

/** Whether it was not stopped at an earlier rung. */
function isAlive({ rungs }: ModelTrial, step: number): boolean {
  return rungs !== undefined && (rungs.stop === null || rungs.stop.step >= step);
}

function bitsAt({ rungs, audit, result }: ModelTrial, step: number): boolean[] | null {
  const found = rungs?.results.find((rung) => rung.result.steps === step);
  if (found === undefined || verdict(found, result, audit) === 'disputed') return null;
  const { validationCorrect: bits } = found.result;
  return Array.from(
    { length: 8 * bits.length },
    (_, image) => ((bits[image >> 3]! >> (image & 7)) & 1) === 1,
  );
}

function verdict(rung: RungResult, result: ModelTrial['result'], audit: ModelTrial['audit']) {
  return result?.steps === rung.result.steps ? audit : rung.audit;
}

/** P(X ≥ k) for X ~ Binomial(n, ½), by Pascal's triangle. */
function tail(k: number, n: number): number {
  let chances = [1];
  for (let flip = 0; flip < n; flip++)
    chances = [...chances, 0].map((chance, at) => (chance + (chances[at - 1] ?? 0)) / 2);
  return chances.slice(k).reduce((sum, chance) => sum + chance, 0);
}
