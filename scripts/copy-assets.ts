/**
 * Asset copy: copies files that the program reads at run time and tsc does not: kernels, digits, fonts, page;
 * and the types of `ridgeline/trainer`.
 */
import { cpSync, globSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const assets = [
  'src/trainers/two-layer/kernel/*.wasm',
  'src/trainers/two-layer/kernel/native/*.{c,h}',
  'src/dataset/formats/digits/*',
  'src/cli/completion/*.json',
  'src/cli/results/fonts/*',
  'src/web/built/*',
];

for (const path of globSync(assets)) {
  const target = join('dist', path.slice('src/'.length));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(path, target);
}

// The file has types only, so it is its own declaration.
cpSync(
  'src/trainers/module/trainer-module.ts',
  join('dist', 'trainers', 'module', 'trainer-module.d.ts'),
);
