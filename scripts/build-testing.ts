/**
 * Build of `ridgeline/testing`: the conformance suites of test/conformance and the files that they import
 * from test/, without types, to dist/testing. Imports of src/ become imports of dist/.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';

const entry = 'test/conformance/testing.ts';

const built = new Set<string>();
const waiting = [entry];
for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
  if (built.has(path)) continue;
  built.add(path);
  const from = path;
  const target = targetFor(from);
  const code = stripTypeScriptTypes(readFileSync(from, 'utf8')).replaceAll(
    /(from\s*')(\.[^']+)(')/g,
    (_, before: string, specifier: string, after: string) => {
      const imported = normalize(join(dirname(from), specifier));
      if (imported.startsWith('test/')) waiting.push(imported);
      const way = relative(dirname(target), targetFor(imported));
      return `${before}${way.startsWith('.') ? way : `./${way}`}${after}`;
    },
  );
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}

/** test/x.ts is built as dist/testing/x.js, src/x.ts as dist/x.js. */
function targetFor(path: string): string {
  return path
    .replace(/^test\//, 'dist/testing/')
    .replace(/^src\//, 'dist/')
    .replace(/\.ts$/, '.js');
}
