/** Study changes: what has changed the former results of a study, from the log of the store. */
import { trialName, type AttemptRecord } from './trial.ts';

export interface StudyChanges {
  /** Stages that have gained trials. */
  readonly grown: ReadonlySet<string>;
  /** Stages with results that were contested, so that they may have been replaced. */
  readonly contested: ReadonlySet<string>;
  /** Names of trials that got new attempts after they had ended. */
  readonly retried: ReadonlySet<string>;
  /** How often a budget has ended the search. */
  readonly budgetEnds: number;
  /** By name: when each stage opened. */
  readonly openedAtMs: ReadonlyMap<string, number>;
  /** By name of a retried trial: when its result arrived. */
  readonly resultAtMs: ReadonlyMap<string, number>;
}

interface LogLine {
  readonly what: string;
  readonly detail: string;
  readonly atMs: number;
}

/** The detail of the event `study-extended`. @param grown stages that have gained trials */
export function extensionText(grown: readonly string[]): string {
  return grown.map((stage) => `${stage} has gained trials`).join(', ');
}

/**
 * @param log      lines of the study, since it was created, in order
 * @param attempts of all its trials; they are read only if trials were retried
 */
export function studyChanges(
  log: readonly LogLine[],
  attempts: readonly AttemptRecord[],
): StudyChanges {
  const grown = new Set<string>();
  let budgetEnds = 0;
  const contested = new Set<string>();
  const retried = new Set<string>();
  const openedAtMs = new Map<string, number>();
  for (const { what, detail, atMs } of log) {
    if (what === 'stage-opened') openedAtMs.set(detail.split(':')[0] ?? '', atMs);
    if (what === 'budget-ended') budgetEnds += 1;
    if (what === 'trials-retried') for (const name of detail.split(', ')) retried.add(name);
    if (what === 'result-disputed')
      for (const [, stage = ''] of detail.matchAll(/(?:^|its state of )([^/\s]+)\/\S+/g))
        contested.add(stage);
    if (what === 'study-extended')
      for (const [, stage = ''] of detail.matchAll(/(\S+) has gained trials/g)) grown.add(stage);
  }
  const resultAtMs = new Map<string, number>();
  for (const { trial, kind, outcome, endedAtMs } of attempts) {
    const hasResult = outcome === 'accepted' || outcome === 'diverged';
    const name = trialName(trial);
    if (retried.has(name) && kind === 'search' && hasResult) resultAtMs.set(name, endedAtMs ?? 0);
  }
  return { grown, contested, retried, budgetEnds, openedAtMs, resultAtMs };
}
