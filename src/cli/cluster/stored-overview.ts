/** Stored overview: summaries of studies from the store alone. */
import { StudyOverview } from '../../coordinator/shell/study-overview.ts';
import type { StoreReader } from '../../store/store.ts';

/** @param isServed whether a coordinator works on the running studies */
export function storedOverview(reader: StoreReader, isServed: () => boolean): StudyOverview {
  return new StudyOverview({
    store: reader,
    state: () => null,
    storeProblem: () => null,
    isServed,
    msPerTrial: () => null,
  });
}
