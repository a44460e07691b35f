/** Greek letters: the symbol of a quantity that is named after one. */
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

/** `lambda` is `λ`; a name that is not a Greek letter stays as it is. */
export function symbolFor(name: string): string {
  return letters.get(name) ?? name;
}
