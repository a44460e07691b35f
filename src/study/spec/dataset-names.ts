/**
 * The data sets that a study file may ask for by name. What they are and where they may lie is the
 * catalogue's subject (`dataset/named-datasets.ts`), which has an entry for each.
 */
export const datasetNames = ['digits', 'cifar10', 'fashion-mnist', 'mnist'] as const;

export type DatasetName = (typeof datasetNames)[number];
