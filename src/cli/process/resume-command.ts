/** Commands that a user is told, ready to paste: such as the one that goes on where this one was stopped. */

export function commandToGoOn(
  argv: readonly string[],
  change: { readonly without?: string; readonly with?: string },
): string {
  const kept = argv.filter((argument) => argument !== change.without && argument !== change.with);
  return [
    'ridgeline',
    ...kept.map(shellWord),
    ...(change.with === undefined ? [] : [change.with]),
  ].join(' ');
}

/** An argument as a shell takes it: quoted where it would be taken apart. */
export function shellWord(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
