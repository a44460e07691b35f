/**
 * Program needs: what a worker must allow before it runs the program of a study, as a text.
 *
 *     command:NAME          a program of the worker, by the name that its operator gave
 *     files:sha256:DIGEST   a command line with files of the study: the digest of both
 *
 * A worker reports the needs that it meets; `*` means every command line with files.
 */

export function meetsNeeds(allowed: ReadonlySet<string>, needs: string | null): boolean {
  if (needs === null || allowed.has(needs)) return true;
  return needs.startsWith('files:') && allowed.has('*');
}

/** The option of `ridgeline worker` that meets a need. */
export function allowOption(needs: string): string {
  const [kind, ...rest] = needs.split(':');
  return kind === 'command'
    ? `--allow-command ${rest.join(':')}=/path/of/the/program`
    : `--allow-files ${rest.join(':')}`;
}
