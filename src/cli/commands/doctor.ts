/** `ridgeline doctor`: is this machine fit, and if not, what is missing. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { dirname } from 'node:path';
import { Option, type Command } from 'commander';
import { messageOf } from '../../base/errors.ts';
import { listDatasets, type DatasetEntry } from '../../dataset/catalogue.ts';
import { loadKernel } from '../../trainers/two-layer/kernel.ts';
import {
  computeSelfTestDigest,
  selfTestDigest,
} from '../../trainers/two-layer/arithmetic-self-test.ts';
import { compileKernel } from '../../trainers/two-layer/kernel-file.ts';
import { findNativeKernel } from '../../trainers/two-layer/native-kernel-file.ts';
import {
  dataDirOf,
  paintFor,
  stateDirOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { buildNativeKernel, nativeFolders } from '../training/kernel-choice.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';

interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; null where all is well. */
  readonly fix: string | null;
}

interface DoctorFlags extends CommonFlags {
  readonly format: 'table' | 'json';
  readonly buildKernel?: boolean;
}

export function addDoctorCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withDataOption(withCommonOptions(program.command('doctor')))
    .summary('is this machine fit')
    .description(
      'Checks Node, arithmetic, memory, the state directory and data sets: one line each. Exits with 78 when the machine is unfit.',
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .option('--build-kernel', "build the native kernel first, with the system's C compiler")
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline doctor --data-dir ~/data\n  ridgeline doctor --build-kernel',
    )
    .action(async (flags: DoctorFlags) => {
      if (flags.buildKernel === true) buildNativeKernel(context);
      const findings = await examine(context, flags);
      if (flags.format === 'json')
        context.stdout.write(`${JSON.stringify({ schema_version: 1, findings }, null, 2)}\n`);
      else printFindings(findings, context, flags);
      finish(
        findings.some((finding) => finding.result === 'fail') ? exitCode.unfit : exitCode.done,
      );
    });
}

async function examine(context: Context, flags: CommonFlags): Promise<Finding[]> {
  return [
    {
      check: 'node',
      result: 'ok',
      detail: `${process.versions.node}, SQLite ${process.versions['sqlite'] ?? 'built in'}`,
      fix: null,
    },
    ...(await examineArithmetic(nativeFolders(context))),
    {
      check: 'cores and memory',
      result: freemem() > 400e6 ? 'ok' : 'warn',
      detail: `${availableParallelism()} threads by default, ${Math.round(freemem() / 1e6)} MB free`,
      fix:
        freemem() > 400e6
          ? null
          : 'A worker needs about 300 MB and 35 MB a thread for CIFAR-10: start it with fewer --threads.',
    },
    examineStateDir(stateDirOf(context, flags)),
    ...(await listDatasets(dataDirOf(context, flags))).map(datasetFinding),
  ];
}

function datasetFinding({ name, source, problem, fetchable }: DatasetEntry): Finding {
  const check = `data set ${name}`;
  if (problem !== null)
    return {
      check,
      result: 'warn',
      detail: problem,
      fix: 'Replace it; `ridgeline data info` says more.',
    };
  if (source !== null) return { check, result: 'ok', detail: source, fix: null };
  const fix = fetchable
    ? `\`ridgeline data fetch ${name}\` gets it.`
    : `Put it into the data directory (\`ridgeline data list\`).`;
  return { check, result: 'warn', detail: 'not here', fix };
}

/** The known training run, on each kernel: the one proof that this machine computes what the others do. */
async function examineArithmetic(folders: readonly string[]): Promise<Finding[]> {
  try {
    const module = await compileKernel();
    const answer = computeSelfTestDigest(loadKernel(module));
    return [arithmeticFinding(answer), nativeFinding(module, folders)];
  } catch (error) {
    return [
      {
        check: 'arithmetic',
        result: 'fail',
        detail: messageOf(error),
        fix: 'Use Node 24.15 or later.',
      },
    ];
  }
}

function arithmeticFinding(answer: string): Finding {
  const check = 'arithmetic';
  if (answer === selfTestDigest)
    return {
      check,
      result: 'ok',
      detail: `canonical: known answer ${answer.slice(0, 8)}`,
      fix: null,
    };
  return {
    check,
    result: 'fail',
    detail: `known answer ${answer.slice(0, 8)}, expected ${selfTestDigest.slice(0, 8)}: this processor has no fused multiply-add`,
    fix: 'Use it only for studies with `numerics: any`, or take a processor with FMA (x86: since 2013).',
  };
}

/** Never a failure: without it everything works, slower. */
function nativeFinding(module: WebAssembly.Module, folders: readonly string[]): Finding {
  const check = 'native kernel';
  const native = findNativeKernel(folders);
  if (native.kind === 'missing')
    return {
      check,
      result: 'warn',
      detail: `not used, the portable one is: ${native.reason}`,
      fix: 'With a C compiler installed (Debian: apt install gcc libc6-dev), `ridgeline doctor --build-kernel` builds it; trials then take about half the time.',
    };
  const answer = computeSelfTestDigest(loadKernel(module, native.functions));
  if (answer === selfTestDigest) return { check, result: 'ok', detail: native.path, fix: null };
  return {
    check,
    result: 'warn',
    detail: `not used, the portable one is: ${native.path} gives the known answer ${answer.slice(0, 8)}, expected ${selfTestDigest.slice(0, 8)}`,
    fix: 'Build it again with another compiler: `CC=gcc ridgeline doctor --build-kernel`.',
  };
}

function examineStateDir(stateDir: string): Finding {
  try {
    let existing = stateDir;
    while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
    if (existing === stateDir) mkdirSync(stateDir, { recursive: true });
    accessSync(existing, constants.W_OK | constants.X_OK);
    return {
      check: 'state directory',
      result: 'ok',
      detail: `${stateDir} can be written`,
      fix: null,
    };
  } catch (error) {
    return {
      check: 'state directory',
      result: 'fail',
      detail: `${stateDir}: ${messageOf(error)}`,
      fix: 'Give a directory that can be written with --state.',
    };
  }
}

function printFindings(findings: readonly Finding[], context: Context, flags: CommonFlags): void {
  const paint = paintFor(context, flags, context.stdout);
  const width = Math.max(...findings.map((finding) => finding.check.length));
  for (const { check, result, detail, fix } of findings) {
    const style = result === 'ok' ? 'green' : result === 'warn' ? 'yellow' : 'red';
    context.stdout.write(`${paint(style, result.padEnd(4))}  ${check.padEnd(width)}  ${detail}\n`);
    if (fix !== null) context.stdout.write(`${' '.repeat(width + 8)}${fix}\n`);
  }
}
