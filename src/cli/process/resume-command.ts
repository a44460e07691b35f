/** Resume command: a command line for the user to paste, such as one that resumes stopped work or restores a study. */
import type { Context } from './context.ts';

/** The command line `argv`, with one option added or removed. */
export function formatCommand(
  argv: readonly string[],
  change: { readonly without?: string; readonly with?: string } = {},
): string {
  const kept = argv.filter((argument) => argument !== change.without && argument !== change.with);
  const added = change.with === undefined ? [] : [change.with];
  return ['ridgeline', ...kept.map(shellWord), ...added].join(' ');
}

/** The command line that trains a stored trial again, with the directories of this process. */
export function trainCommand(study: string, trial: string, { flags }: Context): string {
  const directories = Object.entries({ '--state': flags.state, '--data-dir': flags.dataDir });
  const given = directories.flatMap(([option, path]) => (path === undefined ? [] : [option, path]));
  return formatCommand(['train', study, '--trial', trial, ...given]);
}

/** What is printed after `--fresh` has replaced a study. @param done its trials with a result */
export function keptText(study: string, done: number): string {
  return done === 0
    ? `the previous ${study}, which had no results, was deleted`
    : `the previous ${study} was deleted; a copy is kept: \`ridgeline delete --undo ${study} --as NAME\` restores it`;
}

/** An argument as a shell reads it: quoted if it has special characters. */
export function shellWord(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
