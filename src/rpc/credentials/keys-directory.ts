/**
 * Keys directory: where a coordinator keeps certificates, tokens and join strings. It is the state directory, or
 * that of `--keys` if the state directory cannot be private.
 *
 * Permissions of one's own files are narrowed. Where that has no effect, nothing secret is written.
 */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';

const [fileMode, folderMode] = [0o600, 0o700];
/** Permissions of a group and of all others. */
const othersMask = 0o077;

/**
 * Makes the directory and the secrets in it private.
 *
 * @throws RidgelineError STATE_EXPOSED before anything secret is written; STATE_UNWRITABLE
 */
export function prepareKeysDirectory(dir: string): void {
  try {
    makeFolders(dir, folderMode);
  } catch (error) {
    throw new RidgelineError(
      'STATE_UNWRITABLE',
      `The state in ${dir} cannot be used: ${errorMessage(error)}.`,
      'Make it writable, or choose another directory with --state DIR or --keys DIR.',
      { cause: error },
    );
  }
  for (const path of [dir, ...secretPaths(dir)]) makePrivate(path);
  const exposure = findExposure(dir);
  if (exposure !== null) throw exposure;
}

/** STATE_EXPOSED if a directory that exists cannot keep secrets; null if it is private, or can be made so. */
export function findExposure(dir: string): RidgelineError | null {
  const mode = newFileMode(dir);
  if (mode !== null && (mode & othersMask) !== 0) return notKept(dir, mode);
  const exposed = [dir, ...secretPaths(dir)].filter((path) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts !== undefined && (facts.mode & othersMask) !== 0 && !isOwn(facts.uid);
  });
  return exposed.length === 0 ? null : exposedPaths(exposed);
}

/** Whether this process may change the mode of a file of that user. */
function isOwn(uid: number): boolean {
  const own = process.geteuid?.();
  return own === uid || own === 0;
}

/**
 * Narrows the permissions of a file or folder to its owner.
 *
 * @returns whether only its owner can use it; true if it does not exist
 */
export function makePrivate(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined || (facts.mode & othersMask) === 0) return true;
  try {
    chmodSync(path, facts.isDirectory() ? folderMode : fileMode);
  } catch {
    return false; // It belongs to another user.
  }
  return (statSync(path).mode & othersMask) === 0;
}

/** @throws RidgelineError STATE_EXPOSED with one command for all paths */
export function exposedPaths(paths: readonly string[]): RidgelineError {
  const commands = [folderMode, fileMode].flatMap((mode) => {
    const ofMode = paths.filter((path) => statSync(path).isDirectory() === (mode === folderMode));
    return ofMode.length === 0 ? [] : [`chmod ${mode.toString(8)} ${ofMode.join(' ')}`];
  });
  const modes = paths.map((path) => `${path} (mode ${modeText(statSync(path).mode)})`);
  return new RidgelineError(
    'STATE_EXPOSED',
    `Other users of this machine could read tokens and keys: ${modes.join(', ')}.`,
    `Run \`${commands.join(' && ')}\` as the owner, or keep tokens and keys in a private directory with --keys DIR.`,
  );
}

/**
 * Notes in a keys directory which state directory it belongs to: two coordinators must not share join strings.
 *
 * @throws RidgelineError USAGE if it belongs to another one
 */
export function claimKeysDirectory(dir: string, stateDir: string): void {
  const [keys, state] = [dir, stateDir].map((path) => realpathSync(path));
  if (keys === state) return;
  const file = join(dir, 'state');
  try {
    writeFileSync(file, `${state}\n`, { mode: fileMode, flag: 'wx' });
  } catch (error) {
    const claimed = readClaim(file);
    if (claimed === null) throw error;
    if (claimed === state) return;
    throw new RidgelineError(
      'USAGE',
      `The tokens and keys in ${dir} are those of the state directory ${claimed}, not of ${state}.`,
      `Name another directory with --keys. If the state directory was moved, delete ${resolve(file)}.`,
    );
  }
}

function readClaim(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Files and folders with secrets, as far as they exist. */
function secretPaths(dir: string): string[] {
  const names = ['tls', 'tokens.json', 'admin.join', 'worker.join'].map((name) => join(dir, name));
  try {
    return [...names, ...readdirSync(join(dir, 'tls')).map((name) => join(dir, 'tls', name))];
  } catch {
    return names;
  }
}

/** The mode of a new private file; null if none can be created, which the caller's first file reports. */
function newFileMode(dir: string): number | null {
  try {
    const folder = mkdtempSync(join(dir, 'probe-'));
    try {
      const file = join(folder, 'probe');
      writeFileSync(file, '', { mode: fileMode });
      return statSync(file).mode;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    return null;
  }
}

function notKept(dir: string, mode: number): RidgelineError {
  return new RidgelineError(
    'STATE_EXPOSED',
    `The file system of ${dir} does not keep permissions (a new file has mode ${modeText(mode)}), so other users of this machine could read tokens and keys. None were written.`,
    'Keep them in a private directory on another disk with --keys DIR, such as --keys ~/.ridgeline-keys, or choose another directory with --state DIR.',
  );
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8);
}
