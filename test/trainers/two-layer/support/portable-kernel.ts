/** The committed portable kernel, as a worker loads it: plain, and revectorised if this Node can. */
import { readFileSync } from 'node:fs';
import { kernelFileName, loadKernel } from '../../../../src/trainers/two-layer/kernel.ts';
import { compileRevectorised } from '../../../../src/trainers/two-layer/revectorised-module.ts';

const file = new URL(
  `../../../../src/trainers/two-layer/kernel/${kernelFileName}`,
  import.meta.url,
);
const bytes = readFileSync(file);
const revectorised = compileRevectorised(bytes);

export const portableKernel = loadKernel(new WebAssembly.Module(bytes));
/** Null if this Node cannot compile it. */
export const avx2Kernel = revectorised === null ? null : loadKernel(revectorised);
export const whyNoAvx2Kernel =
  revectorised === null ? 'this Node does not merge 128-bit operations' : '';
