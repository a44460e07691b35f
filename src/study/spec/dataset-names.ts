/** Dataset names: the names that a study file may use; `dataset/named-datasets.ts` has an entry for each. */
export const datasetNames = ['digits', 'cifar10', 'fashion-mnist', 'mnist'] as const;

export type DatasetName = (typeof datasetNames)[number];
