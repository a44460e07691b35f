/** The completion scripts in real shells, with a `ridgeline` that prints fixed candidates. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellScripts } from '../../../src/cli/completion/shell-scripts.ts';

/** Runs a script in a shell; null if the shell is not installed. */
function runIn(shell: string, args: readonly string[], script: string): string | null {
  const done = spawnSync(shell, [...args, script], { encoding: 'utf8' });
  if (done.error === undefined) return done.stdout + done.stderr;
  process.stderr.write(`skipped: completion in ${shell}, which is not installed\n`);
  return null;
}

/** Candidates with and without a description; `ridgeline complete -- run ""` asks for files. */
const fake = `ridgeline() {
  if [ "$3" = run ]; then echo :file; else printf 'results\\tprints tables\\ncoarse/7\\n%s\\n' "$#"; fi
}`;

test('bash completes words and file names', () => {
  const completed = (words: string, index: number): string =>
    `COMP_WORDS=(ridgeline ${words}); COMP_CWORD=${index}; _ridgeline; printf '%s|' "\${COMPREPLY[@]}"; echo`;
  const script = `${fake}\n${shellScripts.bash}\n${completed("results ''", 2)}\n${completed('run package.j', 2)}`;
  const shown = runIn('bash', ['--norc', '-c'], script);
  if (shown !== null) expect(shown).toBe('results|coarse/7|4|\npackage.json|\n');
});

test('zsh describes words and completes file names', () => {
  const stubs = `compdef() { :; }; _files() { echo files; }; _describe() { print -l -- "\${(@P)3}"; }`;
  const completed = (words: string): string =>
    `words=(ridgeline ${words}); CURRENT=\${#words}; _ridgeline`;
  const script = `${stubs}\n${fake}\n${shellScripts.zsh}\n${completed("results ''")}\n${completed("run ''")}`;
  const shown = runIn('zsh', ['-f', '-c'], script);
  if (shown !== null) expect(shown).toBe('results:prints tables\ncoarse/7\n4\nfiles\n');
});

test('fish completes words with descriptions', () => {
  const fakeFish = `function ridgeline; printf 'results\\tprints tables\\nreport\\n'; end`;
  const script = `${fakeFish}\n${shellScripts.fish}\ncomplete -C 'ridgeline re'`;
  const shown = runIn('fish', ['--no-config', '-c'], script);
  if (shown !== null) expect(shown).toBe('report\nresults\tprints tables\n');
});
