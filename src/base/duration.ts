/** Durations: as text for people, and from the text of files and options. */

/** `48 s`, `3 min 20 s`, `2 h 05 min`, `3 d 04 h`: two units at most. */
export function durationText(ms: number): string {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

const unitMs: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };

/** Milliseconds of one or more whole numbers with the units d, h, m, s, such as `1h30m`; NaN for another text. */
export function durationMs(text: string): number {
  if (!/^(?:[0-9]{1,9}[dhms])+$/.test(text)) return NaN;
  return [...text.matchAll(/(?<count>\d+)(?<unit>[dhms])/g)].reduce(
    (sum, { groups }) => sum + Number(groups?.['count']) * (unitMs[groups?.['unit'] ?? ''] ?? 0),
    0,
  );
}
