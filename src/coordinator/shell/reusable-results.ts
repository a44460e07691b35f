/**
 * Reusable results: finds the stored results of other studies that the trials of a study would have
 * (`study/trial-identity.ts`).
 *
 * Disputed results, and those that only excluded workers or machines on probation computed, are left out. A
 * study that audits takes only results that were audited: it does not know which machines computed the others.
 */
import type { StoreReads } from '../../store/store.ts';
import type { Exclusion } from '../../study/exclusion.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { DescribeTrainer } from '../../study/trainer-description.ts';
import { studyIdentity, trialIdentity } from '../../study/trial-identity.ts';
import {
  trialName,
  type AttemptRecord,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import type { KnownResult, KnownResults } from '../core/state/known-results.ts';
import { machineOfAttempt } from '../core/workers/probation.ts';

/** They are kept in memory, with their curves and bits, while the study is open. */
const reusableMax = 20_000;

type Reads = Pick<StoreReads, 'studies' | 'trialBatches' | 'attemptBatches' | 'exclusions'>;
type ReusingStudy = Pick<StudyRecord, 'spec' | 'shardDigests' | 'selfTestDigest'>;

/** At most `reusableMax`, of the newest studies; null if the results of the study are not reproducible. */
export async function reusableResults(
  store: Reads,
  study: ReusingStudy,
  describe: DescribeTrainer,
): Promise<KnownResults | null> {
  const ofStudy = studyIdentity(study, describe(study.spec.trainer));
  if (ofStudy === null) return null;
  const found = new FoundResults(ofStudy, study.spec);
  const excluded = await store.exclusions();
  for (const { spec, ...record } of (await store.studies()).toReversed()) {
    const { name } = study.spec.trainer;
    const isOther = spec.study !== study.spec.study && spec.trainer['name'] === name;
    if (!isOther || studyIdentity({ spec, ...record }, describe(spec.trainer)) !== ofStudy)
      continue;
    const doubtful = new DoubtfulResults(excluded);
    if (excluded.size > 0)
      for await (const attempts of store.attemptBatches(spec.study))
        for (const attempt of attempts) doubtful.add(attempt);
    const details = { curves: true, correctness: true };
    for await (const trials of store.trialBatches(spec.study, details)) {
      found.add(spec, trials, doubtful);
      if (found.count >= reusableMax) return found;
    }
  }
  return found;
}

/** Results for one study, by the identity of the trial. */
export class FoundResults implements KnownResults {
  readonly ofStudy: string;
  readonly byTrial = new Map<string, KnownResult[]>();
  count = 0;
  readonly #isAudited: boolean;

  /** @param ofStudy `studyIdentity` of the study that takes them */
  constructor(ofStudy: string, { audit }: Pick<StudySpec, 'audit'>) {
    this.ofStudy = ofStudy;
    this.#isAudited = audit !== undefined;
  }

  /** @param trials of another study with the same `studyIdentity` */
  add(spec: StudySpec, trials: readonly TrialRecord[], doubtful: DoubtfulResults): void {
    for (const trial of trials) {
      const usable = resultsOf(spec.study, trial).filter(
        (result) => this.#mayTake(result) && !doubtful.has(trial.id, result.fingerprint),
      );
      if (usable.length === 0) continue;
      const identity = trialIdentity(this.ofStudy, spec, trial.id, trial.params);
      this.byTrial.set(identity, [...(this.byTrial.get(identity) ?? []), ...usable]);
      this.count += usable.length;
    }
  }

  #mayTake({ audit }: KnownResult): boolean {
    // bug: unaudited-results-are-reused
    if (this.#isAudited) return audit === 'verified' || audit === 'repeated';
    return audit !== 'disputed';
  }
}

/** The results of a study that only excluded workers, or machines on probation, have computed. */
export class DoubtfulResults {
  readonly #excluded: ReadonlyMap<string, Exclusion>;
  readonly #probation: ReadonlySet<string | null>;
  readonly #doubtful = new Set<string>();
  readonly #trusted = new Set<string>();

  /** @param excluded by session */
  constructor(excluded: ReadonlyMap<string, Exclusion>) {
    this.#excluded = excluded;
    this.#probation = new Set([...excluded.values()].map(({ machine }) => machine));
  }

  add(attempt: AttemptRecord): void {
    const { trial, session, fingerprint } = attempt;
    if (fingerprint === null) return;
    const isDoubtful =
      this.#excluded.has(session) || this.#probation.has(machineOfAttempt(attempt));
    const computed = isDoubtful ? this.#doubtful : this.#trusted;
    computed.add(`${trialName(trial)} ${fingerprint}`);
  }

  has(trial: TrialId, fingerprint: string): boolean {
    const key = `${trialName(trial)} ${fingerprint}`;
    return this.#doubtful.has(key) && !this.#trusted.has(key);
  }
}

/** The result of a trial, and those at its rungs. */
function resultsOf(study: string, trial: TrialRecord): KnownResult[] {
  const { result, fingerprint, worker, audit, source, rungs } = trial;
  const name = `${study} ${trialName(trial.id)}`;
  const atRungs = (rungs?.results ?? []).map((rung) => {
    // The verdict on the present result is that of the trial.
    const isPresent = rung.result.steps === result?.steps;
    return { ...rung, audit: isPresent ? audit : rung.audit, source: rung.source ?? name };
  });
  const isAtRung = atRungs.some((rung) => rung.result.steps === result?.steps);
  if (result === null || fingerprint === null || worker === null || isAtRung) return atRungs;
  return [...atRungs, { result, fingerprint, worker, audit, source: source ?? name }];
}
