/** Key aliases: the names that other programs and textbooks use for keys and values of a study file. */

/** Our keys by alias. An alias can have several meanings; the one that is known at its place counts. */
export const keySpellings: ReadonlyMap<string, readonly string[]> = merged([
  ...spellings('study', ['experiment', 'title', 'project', 'name']),
  ...spellings('seed', ['random_seed', 'random_state']),
  ...spellings('dataset', ['data']),
  ...spellings('trainer', ['model', 'network', 'training']),
  ...spellings('objective', ['metric', 'optimize']),
  ...spellings('metric', ['name', 'monitor']),
  ...spellings('direction', ['goal', 'mode']),
  ...spellings('stages', ['parameters', 'params', 'search_space', 'rounds']),
  ...spellings('trials', ['n_trials', 'max_trials', 'maxTrialCount', 'num_samples', 'run_cap']),
  ...spellings('lambda', ['lamda', 'l2', 'reg', 'weight_decay', 'alpha', 'λ']),
  ...spellings('distribution', ['type', 'dist', 'scale', 'scale_type']),
  ...spellings('learning_rate', ['lr', 'eta', 'rate']),
  ...spellings('step_size', ['n_s', 'ns', 'stepsize', 'steps']),
  ...spellings('min', ['low', 'lower', 'eta_min', 'base_lr', 'minValue']),
  ...spellings('max', ['high', 'upper', 'eta_max', 'max_lr', 'maxValue']),
  ...spellings('batch', ['batch_size', 'n_batch', 'mini_batch']),
  ...spellings('hidden', ['hidden_units', 'hidden_size', 'hidden_nodes', 'units']),
  ...spellings('epochs', ['n_epochs', 'num_epochs', 'max_epochs']),
  ...spellings('cycles', ['n_cycles', 'num_cycles']),
  ...spellings('mirror', ['flip', 'horizontal_flip']),
  ...spellings('validation', ['val', 'valid', 'dev']),
  ...spellings('stratify', ['stratified', 'balance']),
  ...spellings('replicates', ['repeats', 'n_repeats', 'seeds', 'n_seeds', 'executions_per_trial']),
  ...spellings('racing', ['race', 'f_race']),
  ...spellings('fraction', ['share', 'ratio', 'split', 'percent', 'size']),
]);

/** Our values by alias. */
export const valueSpellings: ReadonlyMap<string, readonly string[]> = merged([
  ...spellings('cifar10-python', ['pickle', 'cifar_10_batches_py', 'cifar10_py', 'py', 'python']),
  ...spellings('cifar10-binary', ['bin', 'binary', 'cifar_10_batches_bin', 'cifar10', 'cifar']),
  ...spellings('idx', ['mnist', 'ubyte', 'idx3', 'fashion_mnist']),
  ...spellings('numpy', ['npz', 'npy', 'np', '.npz', '.npy']),
  ...spellings('log_uniform', ['loguniform', 'log', 'log_uniform_values', 'reciprocal']),
  ...spellings('log_uniform', ['UNIT_LOG_SCALE', 'logarithmic']),
  ...spellings('validation_accuracy', ['accuracy', 'val_accuracy', 'val_acc', 'valid_accuracy']),
  ...spellings('validation_loss', ['loss', 'val_loss', 'valid_loss']),
  ...spellings('maximize', ['max', 'maximise', 'maximum']),
  ...spellings('minimize', ['min', 'minimise', 'minimum']),
]);

type Spelling = readonly [other: string, ours: string];

function spellings(ours: string, others: readonly string[]): Spelling[] {
  return others.map((other) => [other, ours]);
}

/** One alias can have several meanings, at different places. */
function merged(entries: readonly Spelling[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>();
  for (const [other, ours] of entries) words.set(other, [...(words.get(other) ?? []), ours]);
  return words;
}
