import { describeAgreement } from './support/kernel-agreement.ts';
import { nativeKernels } from './support/native-kernel.ts';
import { avx2Kernel, portableKernel, whyNoAvx2Kernel } from './support/portable-kernel.ts';

const kernels = [
  { name: 'portable', kernel: portableKernel, whyNot: '' },
  { name: 'portable avx2', kernel: avx2Kernel, whyNot: whyNoAvx2Kernel },
  ...nativeKernels,
];

for (const kernel of kernels) describeAgreement(kernel);
