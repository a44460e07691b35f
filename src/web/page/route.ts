/** Route: what the address shows: `#/study/NAME`, `#/study/NAME/trial/coarse/7`, or `#/compare/NAME/NAME`. */

export interface Route {
  /** Null for the study that the server chooses. */
  readonly study: string | null;
  /** Name of a trial; null for the whole study. */
  readonly trial: string | null;
  /** Studies side by side; empty for one study. */
  readonly compared: readonly string[];
}

/** @param hash of the address */
export function parseRoute(hash: string): Route {
  const compared = /^#\/compare\/(.+)$/.exec(hash)?.[1]?.split('/') ?? [];
  const [, study, trial] = /^#\/study\/([^/]+)(?:\/trial\/(.+))?$/.exec(hash) ?? [];
  try {
    return {
      study: study === undefined ? null : decodeURIComponent(study),
      trial: trial === undefined ? null : decodeURIComponent(trial),
      compared: compared.map(decodeURIComponent),
    };
  } catch {
    return { study: null, trial: null, compared: [] };
  }
}

export function studyAddress(study: string): string {
  return `#/study/${encodeURIComponent(study)}`;
}

export function comparisonAddress(studies: readonly string[]): string {
  return `#/compare/${studies.map(encodeURIComponent).join('/')}`;
}

/** The name of a trial has one `/`, which needs no escape in a fragment. */
export function trialAddress(study: string, trial: string): string {
  return `${studyAddress(study)}/trial/${trial}`;
}
