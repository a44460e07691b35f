/** Counts and times of day, as this browser's reader writes them; all else is written as in the tables (`report`). */

export function clockText(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour12: false });
}

export function countText(count: number): string {
  return count.toLocaleString('en');
}
