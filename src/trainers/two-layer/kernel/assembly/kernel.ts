/**
 * Portable kernel: one training step of a pack, as functions on this module's memory.
 *
 * The caller (`trainers/two-layer/wasm-network.ts`) plans the memory and passes every address as a byte
 * offset; the module allocates nothing. Layouts, with R padded rows and K padded inputs:
 *
 *     x    [k / 48][row][48]    the batch
 *     w1   [column / 8][k][8]   columns of all members side by side: member p, unit j is column p·H + j
 *     z    [column / 8][row][8] before ReLU; dz has the same layout
 *     a    [column][row]        after ReLU
 *     s    [class][row]         scores of one member, then exponentials, then their gradient
 *     ds   [row][class]         a copy of the gradient; classes padded to a multiple of 4
 *     w2   [unit][class]        of one member; classes padded to a multiple of 4
 *
 * Every output element is one chain of fused multiply-adds in increasing index. Lanes are rows or columns
 * of the output, never parts of a sum; blocks of a sum reload the accumulator. Therefore every tiling, and
 * every kernel that follows this rule, gives the same bits. `relaxed_madd` is fused if the processor can
 * fuse; otherwise the arithmetic self-test fails.
 */
export { backward, forward, packRows } from './first-layer';
export { backwardPairs, forwardPairs } from './first-layer-pairs';
export { applyDropout, dropoutMask } from './dropout';
export { hiddenGradient, rectify, scores } from './second-layer';
export { setBias, updateHiddenBias, updateOutput } from './second-layer';
export { multiplyAdds } from './peak';
export { classify, softmax, softmaxGradient } from './softmax';
