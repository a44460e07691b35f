/** The page's charts. */
import type { RunningCurve, StudyPage } from '../page-messages.ts';
export function Scatter({ page }: { readonly page: StudyPage }) {
  return <p>{page.points.length} points</p>;
}
export function RunningCurves({ curves }: { readonly curves: readonly RunningCurve[] }) {
  return <p>{curves.length}</p>;
}
