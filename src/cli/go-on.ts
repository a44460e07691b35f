/** The command that goes on where this one was stopped, ready to paste. */

/** Arguments that a shell would take apart are quoted. */
export function commandToGoOn(
  argv: readonly string[],
  change: { readonly without?: string; readonly with?: string },
): string {
  const kept = argv.filter((argument) => argument !== change.without && argument !== change.with);
  const quoted = kept.map((argument) =>
    /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`,
  );
  return ['ridgeline', ...quoted, ...(change.with === undefined ? [] : [change.with])].join(' ');
}
