/** Program options: which programs of users a worker runs, how many at once, and what they receive. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { expandHome } from '../../base/home-directory.ts';
import { usageError, wholeNumber } from './options.ts';

export interface ProgramFlags {
  readonly allowCommand?: ReadonlyMap<string, string>;
  readonly passEnv?: readonly string[];
  readonly slots?: number;
  readonly devices?: readonly string[];
}

/** Of `worker` alone: `run` allows the files of its study. */
export interface AllowFlags {
  readonly allowFiles?: ReadonlySet<string>;
  readonly allowAnyCommand?: boolean;
}

/** Options of `worker`, which `run` passes to its local workers. */
export function withProgramOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--allow-command <name=path>',
        'run this program for studies with `command: { name: NAME }`; may be repeated',
      ).argParser(parseCommand),
    )
    .addOption(
      new Option(
        '--pass-env <name>',
        'environment variable that programs of studies receive, such as HF_TOKEN; may be repeated',
      ).argParser((text: string, before: readonly string[] | undefined) => [
        ...(before ?? []),
        parseName(text),
      ]),
    )
    .addOption(
      wholeNumber(
        '--slots <n>',
        'programs of studies at once (default: one per device, else one per thread)',
        1,
        256,
      ),
    )
    .addOption(
      new Option(
        '--devices <list>',
        'CUDA_VISIBLE_DEVICES of the slots, such as 0,1,2,3: one for each',
      ).argParser(parseDevices),
    );
}

export function withAllowOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--allow-files <digest>',
        'run the command line or module, and files, with this digest (sha256:…), which `ridgeline check-trainer` prints; may be repeated',
      ).argParser(
        (text: string, before: ReadonlySet<string> | undefined) =>
          new Set([...(before ?? []), parseDigest(text)]),
      ),
    )
    .option(
      '--allow-any-command',
      'run every command line and module that a study names: everyone with the right to submit studies can run any program here',
    );
}

function parseCommand(
  text: string,
  before: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const { name, path } = /^(?<name>[A-Za-z0-9_.-]{1,64})=(?<path>.+)$/s.exec(text)?.groups ?? {};
  if (name === undefined || path === undefined)
    throw usageError(
      `--allow-command must be NAME=PATH, got ${JSON.stringify(text)}.`,
      'For example: --allow-command resnet=/opt/train.sh.',
    );
  return new Map([...(before ?? []), [name, resolve(expandHome(path))]]);
}

function parseName(text: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text;
  throw usageError(
    `--pass-env must be the name of a variable, got ${JSON.stringify(text)}.`,
    'Set the variable before the worker starts, and give its name: --pass-env HF_TOKEN.',
  );
}

function parseDigest(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return `files:${text}`;
  throw usageError(
    `--allow-files must be sha256: and 64 hexadecimal digits, got ${JSON.stringify(text)}.`,
    '`ridgeline check-trainer STUDY.yaml` prints the digest of a study.',
  );
}

function parseDevices(text: string): readonly string[] {
  const devices = text.split(',').map((device) => device.trim());
  if (devices.every((device) => /^[A-Za-z0-9_:/.-]{1,100}$/.test(device))) return devices;
  throw usageError(
    `--devices must be a list such as 0,1,2,3, got ${JSON.stringify(text)}.`,
    '`nvidia-smi -L` lists the devices.',
  );
}

/** The same options as words of a command line. */
export function programWords({ allowCommand, passEnv, slots, devices }: ProgramFlags): string[] {
  return [
    ...[...(allowCommand ?? [])].flatMap(([name, path]) => ['--allow-command', `${name}=${path}`]),
    ...(passEnv ?? []).flatMap((name) => ['--pass-env', name]),
    ...(slots === undefined ? [] : ['--slots', String(slots)]),
    ...(devices === undefined ? [] : ['--devices', devices.join(',')]),
  ];
}
