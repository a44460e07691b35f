/** Program search: the path of a program, as a shell would find it. */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** @param folder where a name with `/` begins; null if there is no such program that may be run */
export function findProgram(name: string, path: string, folder: string): string | null {
  if (name.includes('/')) {
    const own = isAbsolute(name) ? name : join(folder, name);
    return isProgram(own) ? own : null;
  }
  const places = path.split(delimiter).filter((place) => isAbsolute(place));
  return places.map((place) => join(place, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
