/** The native kernel as a worker opens it, with each width that this processor has. */
import {
  findNativeKernel,
  nativeKernelFolder,
} from '../../../../src/trainers/two-layer/native-kernel-file.ts';
import { openNativeKernel } from '../../../../src/trainers/two-layer/native-network.ts';
import type { TestedKernel } from './kernel-agreement.ts';

const found = findNativeKernel([nativeKernelFolder]);
const why = found.kind === 'built' ? '' : `no native kernel: ${found.reason}`;
if (why !== '') process.stderr.write(`skipped: ${why}\n`);

export const nativeKernels: readonly TestedKernel[] =
  found.kind === 'built'
    ? found.functions.widths().map((width) => {
        const kernel = openNativeKernel(found.functions, width);
        return { name: kernel.name, kernel, whyNot: '' };
      })
    : [{ name: 'native', kernel: null, whyNot: why }];
