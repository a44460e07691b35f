/** Durations and times of day in options: `90m`, `1h30m`, `01:30:00`, `18:00`. */
import { durationMs } from '../../base/duration.ts';
import { usageError } from './options.ts';

/** `--lifetime`: a duration, seconds, or `H:MM:SS` as batch systems write it. @returns milliseconds */
export function parseLifetime(text: string): number {
  const ms = 1_000 * lifetimeSeconds(text);
  if (ms > 0) return ms;
  throw usageError(
    `--lifetime must be a duration such as 90m, 1h30m, 5400 (seconds) or 01:30:00, got ${JSON.stringify(text)}.`,
    'For example: --lifetime 2h.',
  );
}

function lifetimeSeconds(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const parts = /^(?<hours>\d{1,4}):(?<minutes>[0-5]\d):(?<seconds>[0-5]\d)$/.exec(text)?.groups;
  if (parts === undefined) return durationMs(text) / 1_000;
  const [hours, minutes, seconds] = Object.values(parts).map(Number);
  return (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/**
 * `--until`: `+DURATION`, `HH:MM` (the next one, local time), a date with time, or seconds since 1970 as Slurm
 * writes them; `never` for no end.
 *
 * @returns milliseconds since 1970; infinite for `never`
 */
export function parseUntil(text: string, nowMs: number): number {
  const ms = untilMs(text, nowMs);
  if (ms > 0) return ms;
  throw usageError(
    `--until must be a time such as 18:00, 2026-05-01T18:00 or +2h, or never, got ${JSON.stringify(text)}.`,
    'For example: --until 18:00.',
  );
}

function untilMs(text: string, nowMs: number): number {
  if (text === 'never') return Infinity;
  if (text.startsWith('+')) return nowMs + 1_000 * lifetimeSeconds(text.slice(1));
  if (/^\d{9,12}$/.test(text)) return 1_000 * Number(text);
  const day = /^(?<hour>[01]?\d|2[0-3]):(?<minute>[0-5]\d)$/.exec(text)?.groups;
  if (day === undefined) return /^\d{4}-\d{2}-\d{2}[T ]/.test(text) ? Date.parse(text) : NaN;
  const end = new Date(nowMs);
  end.setHours(Number(day['hour']), Number(day['minute']), 0, 0);
  if (end.getTime() <= nowMs) end.setDate(end.getDate() + 1);
  return end.getTime();
}

/** End of this process as the batch system reports it, in milliseconds since 1970; null if it does not. */
export function schedulerEnd(env: NodeJS.ProcessEnv): number | null {
  const seconds = Number(env['SLURM_JOB_END_TIME'] || NaN);
  return seconds > 0 ? 1_000 * seconds : null;
}
