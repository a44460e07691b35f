/** Copies what the program reads at run time and tsc does not: the kernels, the embedded data set. */
import { cpSync, globSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const assets = [
  'src/trainer/kernel/*.wasm',
  'src/trainer/kernel/native/*.c',
  'src/dataset/digits/*',
];

for (const path of globSync(assets)) {
  const target = join('dist', path.slice('src/'.length));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(path, target);
}
