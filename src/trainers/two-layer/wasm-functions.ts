/**
 * The functions of `kernel/assembly`, as TypeScript sees them; their docstrings stand there. Places in
 * memory are byte offsets.
 */

/** What streams W1, and takes nearly all of the time: the native kernel replaces these and no others. */
export interface FirstLayer {
  packRows(
    x1: number,
    x2: number,
    bytes: number,
    scale: number,
    offset: number,
    rows: number,
    inputs: number,
    R: number,
    K: number,
  ): void;
  forward(
    z: number,
    x1: number,
    w1: number,
    rows: number,
    panels: number,
    kFrom: number,
    kTo: number,
    R: number,
    K: number,
  ): void;
  backward(
    w1: number,
    x2: number,
    dz: number,
    twoLambdas: number,
    rate: number,
    rows: number,
    panels: number,
    kFrom: number,
    kTo: number,
    R: number,
    K: number,
  ): void;
}

/** All else: one implementation under every first layer but the naive one. */
interface SecondLayer {
  setBias(z: number, b1: number, rows: number, panels: number, R: number): void;
  rectify(a: number, z: number, rows: number, panels: number, R: number): void;
  dropoutMask(
    mask: number,
    threshold: number,
    rows: number,
    hidden: number,
    R: number,
    place0: number,
    place1: number,
    purpose: number,
    key0: number,
    key1: number,
  ): void;
  applyDropout(
    a: number,
    mask: number,
    scale: number,
    rows: number,
    hidden: number,
    R: number,
  ): void;
  scores(
    s: number,
    a: number,
    w2: number,
    b2: number,
    rows: number,
    hidden: number,
    classesPadded: number,
    R: number,
  ): void;
  classify(classOf: number, s: number, rows: number, classes: number, R: number): void;
  softmax(
    s: number,
    sums: number,
    labels: number,
    total: number,
    rows: number,
    classes: number,
    R: number,
  ): number;
  softmaxGradient(
    s: number,
    ds: number,
    sums: number,
    labels: number,
    shareOfRow: number,
    rows: number,
    classes: number,
    dStride: number,
    R: number,
  ): void;
  hiddenGradient(
    dz: number,
    a: number,
    s: number,
    w2: number,
    column: number,
    rows: number,
    hidden: number,
    classes: number,
    wStride: number,
    scale: number,
    R: number,
  ): void;
  updateOutput(
    w2: number,
    b2: number,
    a: number,
    ds: number,
    rate: number,
    twoLambda: number,
    rows: number,
    hidden: number,
    classesPadded: number,
    R: number,
  ): void;
  updateHiddenBias(
    b1: number,
    dz: number,
    rate: number,
    rows: number,
    panels: number,
    R: number,
  ): void;
}

export type WasmFunctions = FirstLayer & SecondLayer;

const names: Readonly<Record<keyof WasmFunctions, true>> = {
  packRows: true,
  forward: true,
  backward: true,
  setBias: true,
  rectify: true,
  dropoutMask: true,
  applyDropout: true,
  scores: true,
  classify: true,
  softmax: true,
  softmaxGradient: true,
  hiddenGradient: true,
  updateOutput: true,
  updateHiddenBias: true,
};

/** Whether a module exports what the trainer calls; their signatures are taken on trust. */
export function isKernel(exports: object): exports is WasmFunctions {
  return Object.keys(names).every((name) => typeof Reflect.get(exports, name) === 'function');
}
