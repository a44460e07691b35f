/**
 * The JSON that Ridgeline prints: snake_case, full precision, two spaces of indentation. What is no
 * finite number is null, since JSON has no word for it.
 */

/** Only ever added to within one version; raised when something is renamed or removed. */
export const schemaVersion = 1;

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
