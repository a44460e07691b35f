/** The committed portable kernel, as a worker loads it. */
import { readFileSync } from 'node:fs';
import { kernelFileName, loadKernel } from '../../../../src/trainers/two-layer/kernel.ts';

const file = new URL(
  `../../../../src/trainers/two-layer/kernel/${kernelFileName}`,
  import.meta.url,
);

export const portableKernel = loadKernel(new WebAssembly.Module(readFileSync(file)));
