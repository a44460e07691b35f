/** State findings: whether the state directory can hold a store and secrets. `doctor` prints them. */
import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorMessage, RidgelineError } from '../../base/errors.ts';
import { bytesText, countText } from '../../report/text/number-format.ts';
import { findExposure } from '../../rpc/credentials/keys-directory.ts';
import { fileBytes, logFile, storeFile } from '../../store/sqlite/file-names.ts';
import { fileSystemKind, findLack } from '../../store/sqlite/file-system.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { storeUnsupported } from '../../store/sqlite/sqlite-errors.ts';
import { fail, ok, warn, type Finding } from '../training/host-findings.ts';

export async function stateFindings(stateDir: string, keysDir: string): Promise<Finding[]> {
  const state = directoryFinding(stateDir);
  if (state.result === 'fail') return [state];
  return [state, keysFinding(keysDir), await storeFinding(stateDir)];
}

function directoryFinding(stateDir: string): Finding {
  const check = 'state directory';
  const fix = 'Give a writable directory with --state.';
  const folder = existingFolder(stateDir);
  try {
    if (!statSync(folder).isDirectory()) return fail(check, `${folder} is a file`, fix);
    accessSync(folder, constants.W_OK | constants.X_OK);
    // Root has access to every folder, also of a file system that accepts none, such as /proc.
    if (folder !== resolve(stateDir)) probe(folder);
  } catch (error) {
    return fail(check, `${stateDir}: ${errorMessage(error)}`, fix);
  }
  const lack = findLack(folder);
  if (lack !== null) return failure(check, storeUnsupported(storeFile(stateDir), lack, null));
  const kind = fileSystemKind(folder);
  if (kind?.where === 'memory')
    return warn(
      check,
      `${stateDir} is in memory (${kind.name}): its studies are lost when this machine restarts`,
      'Choose a directory on a disk with --state.',
    );
  const shared =
    kind === null ? '' : `, on ${kind.name}: use it from one machine at a time, also for reading`;
  return ok(check, `${stateDir} is writable${shared}`);
}

/** @throws Error if no folder can be created in this one */
function probe(folder: string): void {
  try {
    rmdirSync(mkdtempSync(join(folder, '.ridgeline-')));
  } catch {
    throw new Error(`no folder can be created in ${folder}`);
  }
}

function keysFinding(keysDir: string): Finding {
  const check = 'tokens and keys';
  const exposure = findExposure(existingFolder(keysDir));
  // A folder above may be open to others; the directory itself will be private.
  const isAbove = !existsSync(keysDir) && exposure?.what.startsWith('Other users') === true;
  return exposure === null || isAbove
    ? ok(check, `${keysDir} is private, or will be`)
    : failure(check, exposure);
}

async function storeFinding(stateDir: string): Promise<Finding> {
  const check = 'store';
  try {
    await using reader = await openStoreReader(stateDir);
    const studies = countText((await reader.studies()).length, 'study', 'studies');
    const bytes = fileBytes(logFile(storeFile(stateDir)));
    return ok(check, `${studies}${bytes === 0 ? '' : `, and a log of ${bytesText(bytes)}`}`);
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    // The machine can train with another directory.
    return warn(check, error.what, error.fix);
  }
}

function failure(check: string, { what, fix }: RidgelineError): Finding {
  return fail(check, what, fix);
}

function existingFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
