/** Schema types: the numbers, durations and switches of study files, with messages that name the rule and the value. */
import { z } from 'zod';

/** @param fix what to write instead of a rejected value */
function rejects(rule: string, fix: (input: unknown) => string = () => '') {
  return ({ input }: { readonly input?: unknown }): string =>
    `${rule}, got ${String(input)}${fix(input)}`;
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, description: string) {
  const error = rejects(`must be a whole number from ${min} to ${max}`);
  return z.number().int({ error }).min(min, { error }).max(max, { error }).describe(description);
}

/** A number from `min` to `max`; above `min` with `exclusive`. */
export function amount(
  min: number,
  max: number,
  description: string,
  minimum: 'inclusive' | 'exclusive' = 'inclusive',
  fix?: (input: unknown) => string,
) {
  const isExclusive = minimum === 'exclusive';
  const range = isExclusive ? `above ${min} and at most ${max}` : `from ${min} to ${max}`;
  const error = rejects(`must be ${range}`, fix);
  const number = isExclusive ? z.number().gt(min, { error }) : z.number().min(min, { error });
  return number.max(max, { error }).describe(description);
}

/** A text such as `1h30m`, for `durationMs`. */
export function duration(description: string) {
  const error = rejects('must be a duration such as 90s, 10m, 2h or 1h30m');
  return z
    .string({ error })
    .regex(/^(?:[0-9]{1,6}[dhms])+$/, { error })
    .describe(description);
}

export function optional<Type extends z.ZodType>(type: Type, description: string) {
  return type.optional().describe(description);
}

export function flag(initial: boolean, description: string) {
  return z.boolean().default(initial).describe(description);
}
