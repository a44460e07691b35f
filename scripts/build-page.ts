/**
 * Page build: bundles the dashboard's page from src/web/page into src/web/built. The result is committed,
 * so a checkout serves the dashboard without a build. `--check` builds, and fails if it differs.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const page = fileURLToPath(new URL('../src/web/page', import.meta.url));
const target = fileURLToPath(new URL('../src/web/built', import.meta.url));
const isCheck = process.argv.includes('--check');
const folder = isCheck ? mkdtempSync(join(tmpdir(), 'ridgeline-page-')) : target;

await build({
  configFile: false,
  root: page,
  // Relative addresses: the page may be served below any path.
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: folder,
    emptyOutDir: true,
    // Names without hashes keep diffs readable.
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: 'page.js',
        assetFileNames: '[name][extname]',
        codeSplitting: false,
      },
    },
  },
});

if (isCheck) {
  const names = readdirSync(folder).toSorted();
  const same =
    names.join() === readdirSync(target).toSorted().join() &&
    names.every((name) =>
      readFileSync(join(folder, name)).equals(readFileSync(join(target, name))),
    );
  rmSync(folder, { recursive: true });
  if (!same) {
    process.stderr.write(
      'src/web/built is not current\n  fix: Run `node scripts/build-page.ts` and commit the result.\n',
    );
    process.exit(1);
  }
}
