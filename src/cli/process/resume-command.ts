/** Resume command: a command line for the user to paste, such as the one that resumes stopped work. */

/** The command line `argv`, with one option added or removed. */
export function formatCommand(
  argv: readonly string[],
  change: { readonly without?: string; readonly with?: string } = {},
): string {
  const kept = argv.filter((argument) => argument !== change.without && argument !== change.with);
  const added = change.with === undefined ? [] : [change.with];
  return ['ridgeline', ...kept.map(shellWord), ...added].join(' ');
}

/** An argument as a shell reads it: quoted if it has special characters. */
function shellWord(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
