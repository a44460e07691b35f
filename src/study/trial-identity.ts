/**
 * Trial identity: a digest of everything that the result of a trial is a function of. Two trials with equal
 * identities have the same result, whatever their studies, stages and names are.
 *
 * The arithmetic is part of it (self-test digest); kernels, machines and packs are not, because results do
 * not depend on them. Files at another path are the same data if their shards have the same digests.
 */
import { sha256 } from '../base/digest.ts';
import type { Params } from './search-space.ts';
import { canonicalSettings } from './spec/canonical-spec.ts';
import type { StudySpec } from './spec/study-spec.ts';
import type { StudyRecord } from './study-record.ts';
import type { TrainerDescription } from './trainer-description.ts';
import { trialSettings } from './trial-settings.ts';
import type { TrialId } from './trial.ts';

type IdentifiedStudy = Pick<StudyRecord, 'spec' | 'shardDigests' | 'selfTestDigest'>;

/**
 * The part of the identity that all trials of a study share; null if its results are not functions of what
 * the study states. So are those of a program that each worker chooses by a name.
 */
export function studyIdentity(
  { spec, shardDigests, selfTestDigest }: IdentifiedStudy,
  { reproducible, needs }: Pick<TrainerDescription, 'reproducible' | 'needs'>,
): string | null {
  const isNamedProgram = needs?.(spec.trainer)?.startsWith('command:') === true;
  if (!spec.reproducible || !reproducible || isNamedProgram) return null;
  const { train, validation, test = null, stratify } = spec.dataset ?? {};
  const data = [Object.entries(shardDigests), train, validation, test, stratify];
  // bug: results-of-another-seed-are-reused
  const parts = [selfTestDigest, spec.seed, data, spec.test === 'all'];
  return sha256(JSON.stringify(parts));
}

/** @param ofStudy its `studyIdentity` */
export function trialIdentity(
  ofStudy: string,
  { trainer }: Pick<StudySpec, 'trainer'>,
  { replicate }: Pick<TrialId, 'replicate'>,
  params: Params,
): string {
  const settings = canonicalSettings(trialSettings(trainer, params));
  // bug: results-of-another-replicate-are-reused
  return sha256(`${ofStudy} ${replicate} ${settings}`);
}
