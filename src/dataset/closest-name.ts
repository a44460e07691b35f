/** Did you mean …? For the few names of data sets, formats and parts. */

/** The name that `text` was likely meant to be; null where none is close. Case and hyphens do not count. */
export function closestName(text: string, names: readonly string[]): string | null {
  const distances = names.map((name) => editDistance(plain(text), plain(name)));
  const smallest = Math.min(...distances);
  const closest = names[distances.indexOf(smallest)];
  return closest !== undefined && smallest <= Math.max(1, Math.floor(closest.length / 3))
    ? closest
    : null;
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Insertions, deletions and substitutions that lead from one to the other (Levenshtein 1966). */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[to.length]!;
}
