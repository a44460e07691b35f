/** Greek letters: converts the name of a letter to its symbol, and back. */
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

const names = new Map([...letters].map(([name, symbol]) => [symbol, name]));

/** Returns `lambda` for `λ`; undefined for any other text. */
export function nameOfSymbol(symbol: string): string | undefined {
  return names.get(symbol);
}
