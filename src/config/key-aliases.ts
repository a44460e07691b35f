/** Key aliases: the names that other programs and textbooks use for keys and values of a study file. */

/** Ridgeline's keys by alias. Of several keys for one alias, the one that is valid at its place is meant. */
export const keySpellings = byAlias({
  study: 'experiment title project name',
  seed: 'random_seed random_state',
  dataset: 'data',
  trainer: 'model network training',
  objective: 'metric optimize',
  metric: 'name monitor',
  direction: 'goal mode',
  stages: 'parameters params search_space rounds',
  trials: 'n_trials max_trials maxTrialCount num_samples run_cap',
  lambda: 'lamda l2 reg weight_decay alpha λ',
  distribution: 'type dist scale scale_type',
  learning_rate: 'lr eta rate',
  step_size: 'n_s ns stepsize steps',
  min: 'low lower eta_min base_lr minValue',
  max: 'high upper eta_max max_lr maxValue',
  batch: 'batch_size n_batch mini_batch',
  hidden: 'hidden_units hidden_size hidden_nodes units',
  epochs: 'n_epochs num_epochs max_epochs',
  cycles: 'n_cycles num_cycles',
  mirror: 'flip horizontal_flip',
  validation: 'val valid dev',
  stratify: 'stratified balance',
  replicates: 'repeats n_repeats seeds n_seeds executions_per_trial',
  racing: 'race f_race',
  sampler: 'search_alg search_algorithm algorithm searcher method',
  fraction: 'share ratio split percent size',
});

/** Ridgeline's values by alias. */
export const valueSpellings = byAlias({
  'cifar10-python': 'pickle cifar_10_batches_py cifar10_py py python',
  'cifar10-binary': 'bin binary cifar_10_batches_bin cifar10 cifar',
  idx: 'mnist ubyte idx3 fashion_mnist',
  numpy: 'npz npy np .npz .npy',
  log_uniform: 'loguniform log log_uniform_values reciprocal UNIT_LOG_SCALE logarithmic',
  spread: 'sobol qmc quasi_random quasirandom halton lhs latin_hypercube',
  model: 'tpe bayes bayesian bayesopt parzen hyperopt',
  grid: 'grid_search gridsearch',
  random: 'random_search uniform_random',
  validation_accuracy: 'accuracy val_accuracy val_acc valid_accuracy',
  validation_loss: 'loss val_loss valid_loss',
  maximize: 'max maximise maximum',
  minimize: 'min minimise minimum',
});

/** @param table aliases, separated by spaces, by Ridgeline's word */
function byAlias(table: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>();
  for (const [ours, aliases] of Object.entries(table))
    for (const alias of aliases.split(' ')) words.set(alias, [...(words.get(alias) ?? []), ours]);
  return words;
}
