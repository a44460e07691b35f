/** Copies what the program reads at run time and tsc does not: kernels, the embedded data set, fonts. */
import { cpSync, globSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const assets = [
  'src/trainer/kernel/*.wasm',
  'src/trainer/kernel/native/*.c',
  'src/dataset/digits/*',
  'src/cli/fonts/*',
  'src/web/built/*',
];

for (const path of globSync(assets)) {
  const target = join('dist', path.slice('src/'.length));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(path, target);
}
