/** Version: reads the program's version from the package's manifest, which is next to src/ and dist/. */
import { readFileSync } from 'node:fs';
import { assert } from '../../base/assert.ts';

const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
const manifest: unknown = JSON.parse(text);
assert(manifest instanceof Object && 'version' in manifest, 'package.json has a version');

export const programVersion = String(manifest.version);
