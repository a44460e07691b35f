/**
 * Machine id: a random id that a machine's workers keep in their cache directory, so that the coordinator
 * recognizes the machine after a restart, whatever its name and address.
 *
 * Machines may share the directory over a network. So the file's name contains a digest of the operating
 * system's own id, where it has one; containers usually have none.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';

const systemIdFile = '/etc/machine-id';
const form = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @param dir exists
 * @param systemFile contains the operating system's id of this machine
 * @returns the stored id; a new one if there is none, or if none can be stored
 */
export async function readMachineId(dir: string, systemFile = systemIdFile): Promise<string> {
  const system = (await textOf(systemFile)) ?? '';
  const suffix = system === '' ? '' : `-${sha256(system).slice(0, 16)}`;
  const path = join(dir, `machine-id${suffix}`);
  const stored = await textOf(path);
  if (stored !== null && form.test(stored)) return stored;
  const id = randomUUID();
  const partial = `${path}.${id}`;
  try {
    await writeFile(partial, `${id}\n`, { flag: 'wx' });
    if (stored !== null) await rm(path, { force: true }); // It is damaged.
    // Of several workers that start at the same time, one creates the file.
    await link(partial, path).catch(() => undefined);
  } catch {
    return id;
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
  const kept = await textOf(path);
  return kept !== null && form.test(kept) ? kept : id;
}

/** @returns null if the file cannot be read */
async function textOf(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return null;
  }
}
