/**
 * Assertions: check conditions that only a bug can break. Mistakes of operators and peers are errors
 * (`errors.ts`) instead. Assertions stay on in production: a wrong result costs more than a stopped process.
 */

/** @param message a string, or a function if building the string is expensive */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) {
    throw new Error(`Invariant broken: ${typeof message === 'string' ? message : message()}`);
  }
}

/** Makes a `switch` exhaustive: a missing case is a compile error at the call. */
export function unreachable(value: never): never {
  throw new Error(`Invariant broken: unexpected variant ${JSON.stringify(value)}`);
}
