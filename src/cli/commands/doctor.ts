/** `ridgeline doctor`: checks whether this machine can train, and prints a fix for each problem. */
import { accessSync, constants } from 'node:fs';
import type { Command } from 'commander';
import { errorMessage, RidgelineError } from '../../base/errors.ts';
import { listDatasets, type DatasetEntry } from '../../dataset/catalogue.ts';
import { cacheBytes, openCacheFolder } from '../../dataset/shards/cache-files.ts';
import { documentText } from '../../report/text/json-value.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import {
  computeSelfTestDigest,
  passesSelfTest,
  selfTestDigest,
} from '../../trainers/two-layer/arithmetic-self-test.ts';
import { chooseKernel, compileKernel, openKernel } from '../../trainers/two-layer/kernel-file.ts';
import { findNativeKernel } from '../../trainers/two-layer/native-kernel-file.ts';
import { openNativeKernel } from '../../trainers/two-layer/native-network.ts';
import { widthsBySpeed } from '../../trainers/two-layer/native-width.ts';
import {
  dataDirectory,
  keysDirectory,
  shardCacheDirectory,
  stateDirectory,
  type Context,
} from '../process/context.ts';
import { configFile } from '../process/apply-config.ts';
import { defaultConfigFile } from '../process/directories.ts';
import { exitCode } from '../process/exit-codes.ts';
import { addCommand, formatOption, withDataOption, withKeysOption } from '../process/options.ts';
import { stateFindings } from '../cluster/state-findings.ts';
import { printResult } from '../process/terminal.ts';
import { fail, hostFindings, ok, warn, type Finding } from '../training/host-findings.ts';
import { buildNativeKernel, nativeFolders } from '../training/kernel-choice.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'doctor', {
    summary: 'checks this machine',
    description:
      'Checks Node, arithmetic, processors, memory, threads, open files, the state directory, the cache and data sets of this machine.',
    notes: 'The exit code is 78 if the machine cannot train.',
    examples: [
      'ridgeline doctor --data-dir ~/data --state ~/sweeps',
      'ridgeline doctor --build-kernel',
    ],
  });
  withKeysOption(withDataOption(command))
    .addOption(formatOption())
    .option('--build-kernel', "build the native kernel with the system's C compiler")
    .action(async ({ buildKernel }: { readonly buildKernel?: boolean }) => {
      if (buildKernel === true) buildNativeKernel(context);
      const findings = await examine(context);
      printResult(context, findings, () => documentText({ findings }), findingsText);
      const isUnfit = findings.some((finding) => finding.result === 'fail');
      context.finish(isUnfit ? exitCode.unfit : exitCode.done);
    });
}

async function examine(context: Context): Promise<Finding[]> {
  // First, while nothing else has taken memory.
  const host = await hostFindings(isNativeBuilt(context) ? 'native' : 'portable');
  return [
    await configFinding(context),
    ok('node', `${process.versions.node}, SQLite ${process.versions['sqlite'] ?? 'built in'}`),
    ...(await examineArithmetic(nativeFolders(context))),
    ...host,
    ...(await directoryFindings(context)),
  ];
}

/** One failure without a home directory, if --state does not replace it. */
async function directoryFindings(context: Context): Promise<Finding[]> {
  try {
    return [
      ...(await stateFindings(stateDirectory(context), keysDirectory(context))),
      await cacheFinding(shardCacheDirectory(context, {})),
      ...(await listDatasets(dataDirectory(context))).map(datasetFinding),
    ];
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    return [fail('directories', error.what, error.fix)];
  }
}

function isNativeBuilt(context: Context): boolean {
  return findNativeKernel(nativeFolders(context)).kind === 'built';
}

/** A file with problems is reported before any command runs. */
async function configFinding({ env, flags }: Context): Promise<Finding> {
  const check = 'configuration';
  const file = configFile(flags.config, env);
  if (file === null)
    return ok(check, `none; ${defaultConfigFile(env) ?? '--config FILE'} is read if it exists`);
  const { loadUserConfig } = await import('../../config/user-config.ts');
  const set = Object.entries(loadUserConfig(file)).filter(([, value]) => value !== undefined);
  return ok(check, `${file}: ${set.map(([key, value]) => `${key} ${value}`).join(', ')}`);
}

function datasetFinding({ name, source, problem, fetchable }: DatasetEntry): Finding {
  const check = `data set ${name}`;
  if (problem !== null)
    return warn(check, problem, 'Replace it; `ridgeline data info` prints details.');
  if (source !== null) return ok(check, source);
  const fix = fetchable
    ? `Download it with \`ridgeline data fetch ${name}\`.`
    : 'Copy it to the data directory; `ridgeline data list` prints the paths.';
  return warn(check, 'not found', fix);
}

/** Runs the arithmetic self-test on each kernel: equal digests mean equal results on all machines. */
async function examineArithmetic(folders: readonly string[]): Promise<Finding[]> {
  try {
    const module = await compileKernel();
    const digest = computeSelfTestDigest(
      openKernel({ kind: 'portable', name: 'portable', isTested: false, module }),
    );
    const portable = await chooseKernel('portable', []);
    return [
      arithmeticFinding(digest),
      ok('portable kernel', portable.name),
      nativeFinding(folders),
    ];
  } catch (error) {
    return [fail('arithmetic', errorMessage(error), 'Use Node 24.15 or later.')];
  }
}

function arithmeticFinding(digest: string): Finding {
  const check = 'arithmetic';
  if (digest === selfTestDigest) return ok(check, `reproducible: digest ${digest.slice(0, 8)}`);
  return fail(
    check,
    `the self-test gives digest ${digest.slice(0, 8)}, expected ${selfTestDigest.slice(0, 8)}: this processor has no fused multiply-add`,
    'Use it only for studies with `reproducible: false`, or use a processor with FMA (x86: since 2013).',
  );
}

/** Never a failure: without a native kernel everything works, only slower. */
function nativeFinding(folders: readonly string[]): Finding {
  const check = 'native kernel';
  const native = findNativeKernel(folders);
  if (native.kind === 'missing')
    return warn(
      check,
      `not available, so the portable kernel is used: ${native.reason}`,
      'Install a C compiler (Debian: apt install gcc libc6-dev) and run `ridgeline doctor --build-kernel`, to train faster.',
    );
  const { functions, path } = native;
  const widths = widthsBySpeed(functions, () => performance.now());
  const failed = widths.filter((width) => !passesSelfTest(openNativeKernel(functions, width)));
  const passed = widths.filter((width) => !failed.includes(width));
  if (failed.length === 0) return ok(check, `${passed.join(', then ')}: ${path}`);
  const instead = passed.length > 0 ? `native ${passed[0]}` : 'the portable kernel';
  return warn(
    check,
    `${failed.join(' and ')} failed the arithmetic self-test, so ${instead} is used: ${path}`,
    'Build it with another compiler: `CC=gcc ridgeline doctor --build-kernel`.',
  );
}

/** Never a failure of the machine: `--cache` names another folder. */
async function cacheFinding(dir: string): Promise<Finding> {
  const check = 'cache of data';
  try {
    await openCacheFolder(dir);
    accessSync(dir, constants.W_OK | constants.X_OK);
    return ok(check, `${dir} has ${Math.round((await cacheBytes(dir)) / 1e6)} MB`);
  } catch (error) {
    return warn(check, errorMessage(error), 'Name a writable folder with --cache.');
  }
}

function findingsText(findings: readonly Finding[], { color }: TextOptions): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  const styles = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
  const lines = findings.map(({ check, result, detail, fix }) => {
    const mark = color(styles[result], result.padEnd(4));
    const fixLine = fix === null ? '' : `${' '.repeat(width + 8)}${fix}\n`;
    return `${mark}  ${check.padEnd(width)}  ${detail}\n${fixLine}`;
  });
  return lines.join('');
}
