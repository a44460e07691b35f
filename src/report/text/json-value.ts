/**
 * JSON that Ridgeline prints: snake_case, full precision, two spaces of indentation. A number that is not
 * finite is null, since JSON cannot express it.
 */

/** Fields are only added within one version; renaming or removing one raises it. */
export const schemaVersion = 1;

/** A document that starts with the version of its format. */
export function documentText(fields: object): string {
  return jsonText({ schema_version: schemaVersion, ...fields });
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
