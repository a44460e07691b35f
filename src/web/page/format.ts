/** Time format: times in the browser's locale and zone; `report` formats all other values. */

/** Day and time with the zone: `1 Dec 2026, 07:12:33 UTC`. */
export function dateText(atMs: number): string {
  return new Date(atMs).toLocaleString([], {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
    timeZoneName: 'short',
  });
}

/** The time of day: `07:12:33`. */
export function clockText(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour12: false });
}

/** The day: `Tue 1 Dec 2026`. */
export function dayText(atMs: number): string {
  const parts = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
  return new Date(atMs).toLocaleDateString([], parts);
}

/** The browser's zone, such as `Europe/Berlin`. */
export function zoneText(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
