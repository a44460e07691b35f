/** `ridgeline check-gradients`: compares the gradients of the kernels with numerical differences. */
import type { Command } from 'commander';
import {
  gradientsJson,
  gradientsText,
  type GradientRow,
} from '../../report/terminal/gradient-text.ts';
import {
  checkGradients,
  gradientLimits,
  isCorrect,
  type GradientCheckRequest,
} from '../../trainers/two-layer/gradient-check.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { say, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { addCommand, formatOption, wholeNumber } from '../process/options.ts';
import { printResult } from '../process/terminal.ts';
import { loadKernel } from '../training/kernel-choice.ts';

type CheckFlags = Pick<GradientCheckRequest, 'seed' | 'samples'>;

/** Checked networks: the shape for CIFAR-10, small shapes and the smallest, each with and without L2. */
const networks = [
  { inputs: 3072, hidden: 50, classes: 10, rows: 100, lambda: 0 },
  { inputs: 3072, hidden: 50, classes: 10, rows: 100, lambda: 0.01 },
  { inputs: 11, hidden: 7, classes: 4, rows: 9, lambda: 0 },
  { inputs: 11, hidden: 7, classes: 4, rows: 9, lambda: 0.3 },
  { inputs: 5, hidden: 1, classes: 2, rows: 3, lambda: 0 },
  { inputs: 5, hidden: 1, classes: 2, rows: 3, lambda: 0.3 },
] as const;

export function addCommands(program: Command, context: Context): void {
  addCommand(program, 'check-gradients', {
    summary: 'compares gradients with numerical differences',
    description:
      'Compares analytic float64 gradients with centred differences of the cost, and the float32 gradients of the training kernels with the float64 ones.',
    notes: 'The exit code is 1 if an error exceeds its limit.',
    examples: [
      'ridgeline check-gradients',
      'ridgeline check-gradients --samples 2000 --format json',
    ],
  })
    .addOption(wholeNumber('--seed <n>', 'seed of parameters and images', 0, 2 ** 53 - 1, 1))
    .addOption(
      wholeNumber('--samples <n>', 'compared entries per parameter group', 1, 1_000_000, 200),
    )
    .addOption(formatOption())
    .action(async (flags: CheckFlags) => {
      const portable = await loadKernel(context, 'portable');
      const best = await loadKernel(context, 'auto');
      const kernels = best.name === portable.name ? [portable] : [portable, best];
      const rows = kernels.flatMap((kernel) => checkKernel(kernel, flags, context));
      printResult(
        context,
        rows,
        () => gradientsJson(rows, gradientLimits),
        (_, options) => gradientsText(rows, gradientLimits, options),
      );
      context.finish(rows.every((row) => row.isRight) ? exitCode.done : exitCode.failed);
    });
}

function checkKernel(kernel: Kernel, flags: CheckFlags, context: Context): GradientRow[] {
  return networks.flatMap((network) => {
    const { inputs, hidden, classes, lambda } = network;
    const name = `${inputs}-${hidden}-${classes}`;
    say(context, `checking ${name}, λ ${lambda}, ${kernel.name} kernel`);
    return checkGradients(kernel, { ...network, ...flags }).map((group) => ({
      ...group,
      network: name,
      lambda,
      kernel: kernel.name,
      isRight: isCorrect(group),
    }));
  });
}
