/**
 * New study: the text of a first study file for a data set, with comments. Pure.
 *
 * The splits and the length of the training follow from the number of records; all other values are
 * starting points for the user to change.
 */
import { RidgelineError } from '../base/errors.ts';

/** What `ridgeline data info` knows about the data set. */
export interface NewStudyData {
  /** The line of `dataset` that names it: `name: digits` or `path: images.npz`. */
  readonly reference: { readonly key: 'name' | 'path'; readonly value: string };
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly shards: readonly { readonly name: string; readonly count: number }[];
}

/** The command lines that the header of the file explains. */
export interface StudyCommands {
  readonly plan: string;
  readonly run: string;
}

/** Records of each split, at least: fewer cannot separate any values. */
const splitMin = 10;

/**
 * @param places the path of the JSON schema for editors, from the folder of the file, and the commands of the header
 * @throws RidgelineError DATASET_INVALID if there are too few records to split
 */
export function newStudyText(
  study: string,
  data: NewStudyData,
  { schemaPath, commands }: { readonly schemaPath: string; readonly commands: StudyCommands },
): string {
  const total = data.shards.reduce((sum, { count }) => sum + count, 0);
  const test = data.shards.filter(({ name }) => /^(test|t10k)/i.test(name));
  const isTestNamed = test.length > 0 && test.length < data.shards.length;
  const drawn = total - (isTestNamed ? test.reduce((sum, { count }) => sum + count, 0) : 0);
  const validation = Math.min(10_000, Math.round(drawn * 0.2));
  const testCount = isTestNamed ? 0 : Math.min(10_000, Math.round(drawn * 0.15));
  const train = drawn - validation - testCount;
  if (validation < splitMin) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `The data set has ${total} records; a study needs at least ${splitMin * 5} to split them into training, validation and test.`,
      'Use more records, or write the study file by hand: `ridgeline help study dataset`.',
    );
  }
  const batch = Math.min(train, train >= 10_000 ? 100 : 50);
  // Half a cycle is two passes or 200 steps, so that small data sets are trained long enough.
  const stepSize = Math.max(200, Math.round((2 * train) / batch));
  const epochs = Math.round((4 * stepSize * batch) / train);
  const shape = `${data.channels} × ${data.height} × ${data.width}`;
  const testText = isTestNamed
    ? `[${test.map(({ name }) => quoted(name)).join(', ')}]`
    : `{ count: ${testCount} }`;
  return `# yaml-language-server: $schema=${schemaPath}
#
${commandLines(commands)}
study: ${study} # name under which the results are stored
seed: 1 # the same file with the same seed gives the same results

# ${total} records of ${shape} in ${data.classes} classes. The splits never overlap.
dataset:
  ${data.reference.key}: ${quoted(data.reference.value)}
  train: { count: ${train} }
  validation: { count: ${validation} } # ranks the trials
  test: ${testText} # measured once, for the winner
  # stratify: true # the same mixture of classes in each split

# The built-in network with one hidden layer. The rate rises and falls in cycles of 2 * step_size steps.
trainer:
  hidden: 50
  batch: ${batch}
  learning_rate: { min: 1.0e-4, max: 0.1, step_size: ${stepSize} }
  cycles: 2 # ${4 * stepSize} steps, about ${epochs} passes over the training records
  # measure: epoch # learning curves with more points
  # dropout: 0.2

objective: { metric: validation_accuracy, direction: maximize }

# A wide search, then one in the range that the first results leave.
stages:
  - name: coarse
    trials: 20
    lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 }
  - name: fine
    trials: 20
    lambda: { distribution: log_uniform, narrow: coarse }

# replicates: 3 # trains each configuration with several seeds
# audit: { random: 0.02, top: 3 } # results that another worker must reproduce
`;
}

/** A text as a YAML scalar. */
function quoted(text: string): string {
  return /^[A-Za-z_./][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** Each command with what it does, in two columns. */
function commandLines({ plan, run }: StudyCommands): string {
  const lines = [
    [plan, 'lists the trials and their cost'],
    [run, 'searches on this machine, and prints the results'],
    ['ridgeline help study', 'explains every key'],
  ] as const;
  const width = Math.max(...lines.map(([command]) => command.length));
  return lines.map(([command, does]) => `#   ${command.padEnd(width)}  ${does}`).join('\n');
}
