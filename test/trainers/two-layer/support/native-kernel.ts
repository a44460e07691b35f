/** The native kernel as a worker loads it; null, with the reason, if it is not built. */
import { readFileSync } from 'node:fs';
import { kernelFileName, loadKernel } from '../../../../src/trainers/two-layer/kernel.ts';
import {
  findNativeKernel,
  nativeKernelFolder,
} from '../../../../src/trainers/two-layer/native-kernel-file.ts';

const file = new URL(
  `../../../../src/trainers/two-layer/kernel/${kernelFileName}`,
  import.meta.url,
);
const found = findNativeKernel([nativeKernelFolder]);

export const nativeKernel =
  found.kind === 'built'
    ? loadKernel(new WebAssembly.Module(readFileSync(file)), found.functions)
    : null;

export const whyNoNativeKernel = found.kind === 'built' ? '' : `no native kernel: ${found.reason}`;
if (whyNoNativeKernel !== '') process.stderr.write(`skipped: ${whyNoNativeKernel}\n`);
