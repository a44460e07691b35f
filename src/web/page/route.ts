/** Route: what the address shows, `#/study/NAME` or `#/study/NAME/trial/coarse/7`. */

export interface Route {
  /** Null for the study that the server chooses. */
  readonly study: string | null;
  /** Name of a trial; null for the whole study. */
  readonly trial: string | null;
}

/** @param hash of the address */
export function parseRoute(hash: string): Route {
  const [, study, trial] = /^#\/study\/([^/]+)(?:\/trial\/(.+))?$/.exec(hash) ?? [];
  try {
    return {
      study: study === undefined ? null : decodeURIComponent(study),
      trial: trial === undefined ? null : decodeURIComponent(trial),
    };
  } catch {
    return { study: null, trial: null };
  }
}

export function studyAddress(study: string): string {
  return `#/study/${encodeURIComponent(study)}`;
}

/** The name of a trial has one `/`, which needs no escape in a fragment. */
export function trialAddress(study: string, trial: string): string {
  return `${studyAddress(study)}/trial/${trial}`;
}
