/**
 * The portable kernel: one training step of a pack, as functions on this module's memory.
 *
 * The caller (`trainers/two-layer/wasm-network.ts`) lays the memory out and passes every place as a byte offset;
 * nothing is allocated here. Layouts, with R the padded number of rows, K the padded number of inputs:
 *
 *     x1   [row / 4][k][4]      the batch, for the forward product
 *     x2   [k / 4][row][4]      the batch again, for the backward product
 *     w1   [column / 8][k][8]   columns of all members side by side: member p, unit j is column p·H + j
 *     z    [column / 8][row][8] before ReLU;  dz likewise
 *     a    [column][row]        after ReLU
 *     s    [class][row]         scores of one member, then exponentials, then their gradient
 *     ds   [row][class]         the gradient once more; classes padded to a multiple of 4
 *     w2   [unit][class]        of one member; classes padded to a multiple of 4
 *
 * Every output element is one chain of fused multiply-adds in increasing index. Lanes are always rows
 * or columns of the output, never parts of a sum; blocks of a sum reload the accumulator. So another
 * tiling gives the same bits, and so does any other kernel that keeps to the rule.
 *
 * `relaxed_madd` is fused wherever the processor can; where it cannot, the known answer tells.
 */
export { backward, forward, packRows } from './first-layer';
export { applyDropout, dropoutMask } from './dropout';
export {
  hiddenGradient,
  rectify,
  scores,
  setBias,
  updateHiddenBias,
  updateOutput,
} from './second-layer';
export { multiplyAdds } from './peak';
export { classify, softmax, softmaxGradient } from './softmax';
