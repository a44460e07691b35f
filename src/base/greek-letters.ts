/** Greek letters: converts the name of a letter to its symbol. */
const letters: ReadonlyMap<string, string> = new Map([
  ['alpha', 'α'],
  ['beta', 'β'],
  ['gamma', 'γ'],
  ['epsilon', 'ε'],
  ['eta', 'η'],
  ['lambda', 'λ'],
  ['mu', 'μ'],
  ['rho', 'ρ'],
  ['sigma', 'σ'],
  ['tau', 'τ'],
]);

/** Returns `λ` for `lambda`; returns any other name unchanged. */
export function symbolFor(name: string): string {
  return letters.get(name) ?? name;
}
