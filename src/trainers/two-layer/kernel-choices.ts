/** Kernel choices: the values of `--kernel`. `kernel-file.ts` explains and loads them. */
export const kernelChoices = [
  'auto',
  'portable',
  'portable-plain',
  'native',
  'native-avx512',
  'native-avx2',
  'native-neon',
] as const;
export type KernelChoice = (typeof kernelChoices)[number];
