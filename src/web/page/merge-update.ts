/** Merging updates: the page of a study from its last state and what has changed since (`StudyUpdate`). */
import type {
  CurveUpdate,
  ListUpdate,
  StudyPage,
  StudyUpdate,
  TrialCurve,
} from '../page-messages.ts';

/** @param before null before the first update of a stream, which has all fields */
export function mergeUpdate(before: StudyPage | null, update: StudyUpdate): StudyPage {
  const { fields, rows, points, curves, isWhole } = update;
  const base = isWhole ? null : before;
  const merged: Partial<StudyPage> = {
    ...base,
    ...fields,
    ...(rows && { rows: mergeList(base?.rows ?? [], rows) }),
    ...(points && { points: mergeList(base?.points ?? [], points) }),
    ...(curves && { curves: curves.map((curve) => mergeCurve(base?.curves ?? [], curve)) }),
  };
  return merged as StudyPage;
}

function mergeList<T>(before: readonly T[], update: ListUpdate<T>): T[] {
  return update.flatMap((part) =>
    'added' in part ? part.added : before.slice(part.kept[0], part.kept[0] + part.kept[1]),
  );
}

function mergeCurve(
  before: readonly TrialCurve[],
  { trial, params, firstStep, points }: CurveUpdate,
): TrialCurve {
  const nextStep = points[0]?.step ?? Infinity;
  const kept = (before.find((curve) => curve.trial === trial)?.points ?? []).filter(
    ({ step }) => step >= firstStep && step < nextStep,
  );
  return { trial, params, points: [...kept, ...points] };
}
