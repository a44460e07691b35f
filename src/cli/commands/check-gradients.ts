/** `ridgeline check-gradients`: are the gradients that train right? */
import { Option, type Command } from 'commander';
import {
  gradientsJson,
  gradientsText,
  type GradientRow,
} from '../../report/terminal/gradient-text.ts';
import {
  checkGradients,
  gradientLimits,
  isRight,
  type GradientCheckRequest,
} from '../../trainers/two-layer/gradient-check.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { chooseKernel, openKernel } from '../../trainers/two-layer/kernel-file.ts';
import {
  isUnicode,
  paintFor,
  wholeNumber,
  widthOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { nativeFolders } from '../training/kernel-choice.ts';
import { withCommonOptions } from '../process/options.ts';

interface CheckFlags extends CommonFlags {
  readonly format: 'table' | 'json';
  readonly seed: number;
  readonly samples: number;
}

/** The real shape, small ones, and the smallest; each with and without L2. */
const networks = [
  { inputs: 3072, hidden: 50, classes: 10, rows: 100, lambda: 0 },
  { inputs: 3072, hidden: 50, classes: 10, rows: 100, lambda: 0.01 },
  { inputs: 11, hidden: 7, classes: 4, rows: 9, lambda: 0 },
  { inputs: 11, hidden: 7, classes: 4, rows: 9, lambda: 0.3 },
  { inputs: 5, hidden: 1, classes: 2, rows: 3, lambda: 0 },
  { inputs: 5, hidden: 1, classes: 2, rows: 3, lambda: 0.3 },
] as const;

export function addCheckGradientsCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withCommonOptions(program.command('check-gradients'))
    .summary('the gradients that train, against differences')
    .description(
      'Compares analytic gradients in float64 with centred differences of the cost, and the gradients of the kernels that train, in float32, with those. Exits with 1 where an error is larger than it may be.',
    )
    .option('--seed <n>', 'of parameters and images', wholeNumber('--seed', 0, 2 ** 53 - 1), 1)
    .option(
      '--samples <n>',
      'entries of each group of parameters that are compared with differences',
      wholeNumber('--samples', 1, 1_000_000),
      200,
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline check-gradients\n  ridgeline check-gradients --samples 2000 --format json',
    )
    .action(async (flags: CheckFlags) => {
      const rows = checkAll(await kernelsHere(context), flags, context);
      const options = {
        width: widthOf(context, context.stdout),
        color: paintFor(context, flags, context.stdout),
        unicode: isUnicode(context),
      };
      context.stdout.write(
        flags.format === 'json'
          ? gradientsJson(rows, gradientLimits)
          : gradientsText(rows, gradientLimits, options),
      );
      finish(rows.every((row) => row.isRight) ? exitCode.done : exitCode.failed);
    });
}

/** The portable kernel, and the native one where this machine has it. */
async function kernelsHere(context: Context): Promise<Kernel[]> {
  const portable = openKernel(await chooseKernel('portable', []));
  const best = openKernel(await chooseKernel('auto', nativeFolders(context)));
  return best.name === portable.name ? [portable] : [portable, best];
}

function checkAll(
  kernels: readonly Kernel[],
  { seed, samples, quiet }: CheckFlags,
  context: Context,
): GradientRow[] {
  return kernels.flatMap((kernel) =>
    networks.flatMap((network) => {
      const name = `${network.inputs}-${network.hidden}-${network.classes}`;
      if (quiet !== true)
        context.stderr.write(`checking ${name}, λ ${network.lambda}, ${kernel.name} kernel\n`);
      return rowsOf(kernel, name, { ...network, seed, samples });
    }),
  );
}

function rowsOf(kernel: Kernel, network: string, request: GradientCheckRequest): GradientRow[] {
  return checkGradients(kernel, request).map((group) => ({
    ...group,
    network,
    lambda: request.lambda,
    kernel: kernel.name,
    isRight: isRight(group),
  }));
}
