/** Page files: the built page, read once into memory, so that no path of a request reaches the disk. */
import { readdirSync, readFileSync } from 'node:fs';

interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** Files by the path of the request. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Folder of the built page: the same path in the sources and in a release. */
const folder = new URL('../built/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

export function readPageFiles(): PageFiles {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = types[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined) continue;
    const bytes = Uint8Array.from(readFileSync(new URL(name, folder)));
    files.set(`/${name}`, { bytes, type });
    if (name === 'index.html') files.set('/', { bytes, type });
  }
  return files;
}
