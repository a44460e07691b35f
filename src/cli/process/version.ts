/** The program's version, from the package's own manifest: it stands beside src/ and beside dist/. */
import { readFileSync } from 'node:fs';
import { assert } from '../../base/assert.ts';

export const programVersion = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  assert(
    typeof manifest === 'object' &&
      manifest !== null &&
      'version' in manifest &&
      typeof manifest.version === 'string',
    'package.json has a version',
  );
  return manifest.version;
}
