/**
 * Clock: time as an argument. Only `systemClock` reads the machine's clock; all other code receives a
 * clock, so that tests can simulate time.
 */
export interface Clock {
  /** Milliseconds from an arbitrary origin; never jumps. Only differences are meaningful. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for people to read. No decision depends on it. */
  wallMs(): number;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};
