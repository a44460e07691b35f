/** `ridgeline completion`: prints the script that lets a shell complete command lines. */
import { Argument, type Command } from 'commander';
import { shellScripts } from '../completion/shell-scripts.ts';
import type { Context } from '../process/context.ts';
import { addGroup } from '../process/options.ts';

export function addCommands(program: Command, context: Context): void {
  addGroup(program, 'completion', {
    summary: 'prints the completion script of a shell',
    description:
      'Prints a script with which a shell completes commands, options, and names of studies, trials and workers.',
    examples: [
      'ridgeline completion fish > ~/.config/fish/completions/ridgeline.fish',
      'source <(ridgeline completion bash)',
    ],
  })
    .addArgument(new Argument('<shell>', 'shell').choices(Object.keys(shellScripts)))
    .action((shell: keyof typeof shellScripts) => {
      context.stdout.write(shellScripts[shell]);
    });
}
