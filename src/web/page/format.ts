/** Counts and times of day, as this browser's reader writes them; all else is written as in the tables (`report`). */

/** The time of day, and the day where it is not today's. */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  const time = at.toLocaleTimeString([], { hour12: false });
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.toLocaleDateString([], { month: 'short', day: 'numeric' })} ${time}`;
}

export function countText(count: number): string {
  return count.toLocaleString('en');
}
