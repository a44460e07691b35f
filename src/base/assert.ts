/**
 * Assertions: conditions that only a bug can break, never what an operator or a peer may do wrong.
 * They stay on in production: a wrong result costs more than a stopped process.
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
