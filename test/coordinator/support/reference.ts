/** A data set as dispatchers know it, for those tests in which nobody reads it. */
export const reference = {
  parts: [{ name: 'digits', digest: 'a'.repeat(64), bytes: 1, count: 1797 }],
  seed: 1,
  train: { kind: 'count', count: 1000 },
  validation: { kind: 'count', count: 400 },
  test: null,
} as const;
