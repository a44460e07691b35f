/** The program's version, from the package's manifest, which is next to src/ and dist/. */
import { readFileSync } from 'node:fs';
import { assert } from '../../base/assert.ts';

export const programVersion = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  assert(typeof manifest === 'object' && manifest !== null, 'package.json has an object');
  assert('version' in manifest && typeof manifest.version === 'string', 'and it has a version');
  return manifest.version;
}
