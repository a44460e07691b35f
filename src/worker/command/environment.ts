/**
 * Environment of a command: the variables that it receives. Everything else of the worker's environment,
 * such as credentials, stays out unless the operator of the worker passes it with `--pass-env`.
 */

export interface EnvironmentOptions {
  /** The worker's own environment. */
  readonly own: NodeJS.ProcessEnv;
  /** Names that the operator passes. */
  readonly passed: readonly string[];
  /** The working folder. */
  readonly folder: string;
  /** Value of `CUDA_VISIBLE_DEVICES`; null: that of the worker. */
  readonly device: string | null;
  /** Processors for each process. */
  readonly processors: number;
}

/** Passed without being named; `SYSTEMROOT` starts programs on Windows. */
const alwaysPassed = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'CUDA_VISIBLE_DEVICES', 'SYSTEMROOT'];

/** Name of the file with the task, in the working folder. */
export const taskFile = 'task.json';

export function commandEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { own, passed, folder, device, processors } = options;
  const found: Record<string, string> = {};
  for (const name of [...alwaysPassed, ...passed]) {
    const value = own[name];
    if (value !== undefined) found[name] = value;
  }
  return {
    ...found,
    HOME: folder,
    RIDGELINE_TASK: `${folder}/${taskFile}`,
    // Lines reach the worker when they are printed.
    PYTHONUNBUFFERED: '1',
    // Libraries would start a thread for each processor of the machine in every process.
    OMP_NUM_THREADS: String(processors),
    ...(device !== null && { CUDA_VISIBLE_DEVICES: device }),
  };
}

/** Too short values would blank words that are no secrets. */
const secretMin = 4;

/** The text without the values of the passed variables. */
export function withoutSecrets(
  text: string,
  { own, passed }: Pick<EnvironmentOptions, 'own' | 'passed'>,
): string {
  let blanked = text;
  for (const name of passed) {
    const value = own[name];
    if (value !== undefined && value.length >= secretMin)
      blanked = blanked.replaceAll(value, `[${name}]`);
  }
  return blanked;
}
