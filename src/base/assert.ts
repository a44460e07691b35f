/**
 * Assertions: for what a bug would break, never for what an operator or a peer may do wrong.
 * They stay on in production; a wrong answer costs more than a stopped process.
 */

/** @param message a string, or a function where building the string costs something */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) {
    throw new Error(`Invariant broken: ${typeof message === 'string' ? message : message()}`);
  }
}

/** Makes a `switch` exhaustive: a missing case is a compile error here, not a silent `undefined`. */
export function unreachable(value: never): never {
  throw new Error(`Invariant broken: unexpected variant ${JSON.stringify(value)}`);
}
