/** The `--kernel` option, without the code of the kernels. */
import type { Command } from 'commander';
import { kernelChoices } from '../../trainers/two-layer/kernel-choices.ts';
import { choice } from '../process/options.ts';

export function withKernelOption(command: Command): Command {
  const description =
    'arithmetic kernel; auto is the fastest that this machine has, portable-plain runs everywhere. Results are identical';
  const option = choice('--kernel <name>', description, kernelChoices, 'auto');
  return command.addOption(option.env('RIDGELINE_KERNEL'));
}
