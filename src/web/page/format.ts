/** Time format: times in the browser's locale; `report` formats all other values. */

/** The time of day, with the day if it is not today. */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  const time = at.toLocaleTimeString([], { hour12: false });
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.toLocaleDateString([], { month: 'short', day: 'numeric' })} ${time}`;
}
