/**
 * Study paces: the mean time between the ends of a study's trials, from the latest ends. It measures the whole
 * cluster as it is now, so it needs no knowledge of workers, threads and packs.
 */

/** Ends that are kept: the pace follows a change of the cluster within so many trials. */
const endsMax = 40;
/** Shortest time that gives a pace: all trials of a pack end together. */
const spanMsMin = 5_000;
/** A longer pause between two ends than this multiple of the mean so far starts over, such as a paused study. */
const pauseFactor = 10;

export class StudyPaces {
  /** Times of the latest ends by study; monotonic, ascending. */
  readonly #ends = new Map<string, number[]>();

  trialEnded(study: string, nowMs: number): void {
    const ends = this.#ends.get(study) ?? [];
    const mean = meanGapMs(ends);
    const gapMs = nowMs - (ends.at(-1) ?? nowMs);
    if (mean !== null && gapMs > pauseFactor * mean + spanMsMin) ends.length = 0;
    ends.push(nowMs);
    if (ends.length > endsMax) ends.shift();
    this.#ends.set(study, ends);
  }

  forget(study: string): void {
    this.#ends.delete(study);
  }

  /** Milliseconds from one end of a trial to the next; null until it is known. */
  msPerTrial(study: string): number | null {
    return meanGapMs(this.#ends.get(study) ?? []);
  }
}

function meanGapMs(ends: readonly number[]): number | null {
  const [first, last] = [ends[0], ends.at(-1)];
  if (first === undefined || last === undefined || last - first < spanMsMin) return null;
  return (last - first) / (ends.length - 1);
}
