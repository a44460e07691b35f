/** What holds of a stored study's stages and winner, found anew from its trials as they are stored. */
import { assert } from '../../src/base/assert.ts';
import { narrowRange } from '../../src/search/planning/narrowing.ts';
import { nextRound } from '../../src/search/planning/racing.ts';
import { bestConfiguration } from '../../src/search/ranking/ranking.ts';
import { isDrawnForAudit } from '../../src/search/samplers/random.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import type { StudyRecord, WinnerRecord } from '../../src/study/study-record.ts';
import {
  trialName,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../src/study/trial.ts';
import type { ModelStudy, StoredTrial } from './model-store.ts';
import { trueImages, trueResult } from './truth.ts';

function trialsOf({ trials }: ModelStudy, stage: string): StoredTrial[] {
  return [...trials.values()].filter(({ id }) => id.stage === stage);
}

/** The range is made of all that is stored of the stage that it narrows, and of nothing else. */
export function checkRange(study: ModelStudy, { name, range }: StageRecord): void {
  const { spec, stages } = study.record;
  const lambda = spec.stages.find((stage) => stage.name === name)?.lambda;
  if (lambda?.kind !== 'narrow') return;
  const source = stages.find((stage) => stage.name === lambda.narrow);
  assert(source?.range != null && source.closed, `${name} narrows a stage that has closed`);
  const { objective } = spec;
  const { range: searched } = source;
  const from = { range: searched, searched, validationCount: trueImages, objective };
  const narrowed = narrowRange(trialsOf(study, source.name), from);
  assert(JSON.stringify(narrowed.range) === JSON.stringify(range), `the range of ${name} is right`);
}

/** A study grows at its end; what has closed stays closed, unless it is the last and has more trials. */
export function checkLonger({ record }: ModelStudy, stages: StudyRecord['stages']): void {
  assert(record.status !== 'cancelled' && record.status !== 'failed', 'the end is the end');
  for (const [index, before] of record.stages.entries()) {
    const after = stages[index];
    const isLonger = index === record.stages.length - 1 && (after?.trials ?? 0) > before.trials;
    const expected = isLonger ? { ...before, trials: after?.trials, closed: false } : before;
    assert(JSON.stringify(after) === JSON.stringify(expected), `${before.name} stays as it was`);
  }
}

export function checkClosing(
  study: ModelStudy,
  { name, trials, closed }: StageRecord,
  convicted: ReadonlyMap<string, string>,
): void {
  assert(!closed, `stage ${name} closes once`);
  const ended = trialsOf(study, name);
  const { spec } = study.record;
  const firsts = ended.filter(({ id }) => id.replicate === 1);
  assert(firsts.length === trials, `stage ${name} has all its λ`);
  if (spec.racing) assert(nextRound(ended, spec).length === 0, `the race of ${name} is over`);
  else assert(ended.length === trials * spec.replicates, `stage ${name} has all its trials`);
  checkAudited(ended, spec);
  for (const trial of ended) {
    assert(trial.status === 'complete' || trial.status === 'failed', 'all trials have ended');
    const open = trial.log.some(({ outcome }) => outcome === null);
    assert(!open, `${trialName(trial.id)} has no open attempt when its stage closes`);
    const isBelieved = trial.log.some(
      ({ fingerprint, session }) => fingerprint === trial.fingerprint && !convicted.has(session),
    );
    assert(
      trial.result === null || isBelieved || trial.audit === 'disputed' || spec.numerics === 'any',
      `${trialName(trial.id)} was computed by a convicted worker alone, and is believed`,
    );
  }
}

/** A replicate of a race is given to one that may be the best, after all before it have ended. */
export function checkRound({ record, trials }: ModelStudy, id: TrialId): void {
  assert(id.replicate <= record.spec.replicates, `${trialName(id)} is not one too many`);
  if (!record.spec.racing || id.replicate === 1) return;
  const ended = [...trials.values()].filter(
    (trial) => trial.id.stage === id.stage && trial.status !== 'waiting',
  );
  const round = nextRound(ended, record.spec).map((trial) => trialName(trial.id));
  assert(round.includes(trialName(id)), `${trialName(id)} is in the next round`);
  checkAudited(ended, record.spec);
}

/** Neither a race nor a stage goes on before the best were audited. */
function checkAudited(ended: readonly StoredTrial[], { audit, numerics, seed }: StudySpec): void {
  if (numerics === 'any') return;
  for (const { id, result, audit: verdict } of ended) {
    const isDue = result !== null && isDrawnForAudit(seed, id, audit?.random ?? 0);
    assert(!isDue || verdict !== null, `${trialName(id)} was drawn and is audited`);
  }
  for (const trial of bestOf(ended, audit?.top ?? 0))
    assert(trial.audit !== null, `${trialName(trial.id)} is among the best and was audited`);
}

/** The winner is the best of what is stored, when it is named and for as long as it is tested. */
export function checkBest({ record, trials }: ModelStudy, winner: WinnerRecord): void {
  assert(record.endedAtMs === null, 'what is said of a winner stays when the study is over');
  const { spec, stages } = record;
  assert(
    stages.every(({ closed }) => closed),
    'all stages have closed when there is a winner',
  );
  const order = stages.map(({ name }) => name);
  const best = bestConfiguration([...trials.values()], spec.objective, order);
  const name = best === null ? 'none' : trialName(best.trial.id);
  assert(trialName(winner.trial) === name, `${trialName(winner.trial)} wins, ${name} is the best`);
}

/** Every replicate of a reproduced winner was tested, and the mean over them is what is said. */
export function checkTested({ record, trials }: ModelStudy): void {
  const { winner } = record;
  assert(winner !== null, `study ${record.spec.study} has a winner`);
  if (winner.reproduced !== true) return;
  const { stage, index: k } = winner.trial;
  const own = [...trials.values()].filter(({ id }) => id.stage === stage && id.index === k);
  const truth = own.map(
    ({ id, lambda }) => trueResult(id, lambda, true).curve.at(-1)?.testAccuracy,
  );
  const found = winner.tests.map(({ accuracy }) => accuracy);
  assert(JSON.stringify(found) === JSON.stringify(truth), 'the winner was tested');
  const mean = found.reduce<number>((sum, value) => sum + (value ?? NaN), 0) / found.length;
  assert(winner.testAccuracy === mean, `${winner.testAccuracy} is the mean ${mean}`);
}

function isRanked({ status, audit }: TrialRecord): boolean {
  return status === 'complete' && audit !== 'disputed';
}

/** The trials of the best `top` λ: more replicates first, then the better mean, then the smaller k. */
function bestOf(trials: readonly StoredTrial[], top: number): StoredTrial[] {
  const value = (of: readonly TrialRecord[]): number =>
    of.reduce((sum, { result }) => sum + (result?.curve.at(-1)?.validationAccuracy ?? 0), 0) /
    of.length;
  return [...Map.groupBy(trials, ({ id }) => id.index)]
    .filter(([, of]) => of.every(isRanked))
    .toSorted(
      ([a, left], [b, right]) => right.length - left.length || value(right) - value(left) || a - b,
    )
    .slice(0, top)
    .flatMap(([, of]) => of);
}
