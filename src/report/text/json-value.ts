/**
 * JSON that Ridgeline prints: snake_case, full precision, two spaces of indentation. A number that is not
 * finite is null, since JSON cannot express it.
 */

/** Fields are only added within one version; renaming or removing one raises it. */
export const schemaVersion = 1;

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
