/**
 * Time as a capability. Only `systemClock` reads the machine's clock; everything else is handed one,
 * so that a simulated cluster lives in simulated time.
 */
export interface Clock {
  /** Milliseconds from an arbitrary origin that never jump; only differences mean anything. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for people to read; nothing of a study is ever decided by it. */
  wallMs(): number;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};
