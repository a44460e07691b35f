/**
 * Command description: describes the trainer of a section with a `command`, for code that does not train.
 *
 * The section declares the metrics, and whether results repeat. It may be that of a file, not yet
 * checked: what has the wrong type counts as missing here, and the schema reports it.
 */
import { memoryBytes } from '../../study/memory-size.ts';
import type { ParameterName } from '../../study/search-space.ts';
import type { SpecProblem } from '../../study/spec/spec-problem.ts';
import {
  commandTrainer,
  type TrainerDescription,
  type TrainerSettings,
} from '../../study/trainer-description.ts';
import { programMetrics } from '../program-metrics.ts';
import { commandNeeds, commandSettings, placeholders, type CommandSettings } from './settings.ts';
import { settingsSchema } from './settings-schema.ts';

/** By the texts of what a description depends on. */
const known = new Map<string, TrainerDescription>();
const knownMax = 64;

export function describeCommand(section: TrainerSettings): TrainerDescription {
  return describeWith(section, []);
}

/** @param names what the study searches: any names */
function describeWith(
  section: TrainerSettings,
  names: readonly ParameterName[],
): TrainerDescription {
  const { metrics, repeatable } = section;
  const key = JSON.stringify([metrics, repeatable, names]);
  const found = known.get(key) ?? build(section, names);
  if (known.size >= knownMax) known.clear();
  known.set(key, found);
  return found;
}

function build(section: TrainerSettings, names: readonly ParameterName[]): TrainerDescription {
  const parameter = {
    kind: 'any',
    description: 'a parameter of the program',
    isSetting: true,
  } as const;
  return {
    name: commandTrainer,
    settings: settingsSchema,
    problems,
    parameters: Object.fromEntries(names.map((name) => [name, parameter])),
    withParameters: (searched) => describeWith(section, searched),
    metrics: programMetrics(section['metrics']),
    reproducible: section['repeatable'] === 'exact',
    needsData: false,
    measuresAnyStep: true,
    validationRecords: (settings) => commandSettings(settings).records ?? 0,
    needs: (settings) => commandNeeds(commandSettings(settings)),
    memory: (settings) => {
      const { memory } = commandSettings(settings);
      return memory === undefined ? null : memoryBytes(memory);
    },
    packKey: () => '',
    packSize: () => 1,
    rungs: (settings) => commandSettings(settings).rungs,
    measuredSteps: (settings) => commandSettings(settings).rungs,
    continues: (settings) => commandSettings(settings).resumes,
    progressAt: () => ({}),
    remarks: (settings) => remarks(commandSettings(settings)),
    method: (settings) => method(commandSettings(settings)),
    divergenceAdvice: () => [],
    effectiveMinimum: () => null,
  };
}

/** Values that the schema rejects are missing. */
function problems(settings: TrainerSettings): readonly SpecProblem[] {
  const { command, rungs = [], metrics = {} }: Partial<CommandSettings> = settings;
  const found: SpecProblem[] = [];
  for (const name of Object.keys(metrics))
    if (name.startsWith('test_'))
      found.push({
        path: ['metrics', name],
        message: 'is a metric of a test set, which programs are not asked for. Leave it out',
      });
  for (const [index, rung] of rungs.entries()) {
    const before = rungs[index - 1];
    if (before !== undefined && rung <= before)
      found.push({
        path: ['rungs', index],
        message: `rungs must ascend, but ${rung} follows ${before}`,
      });
  }
  if (!Array.isArray(command)) return found;
  const [program = ''] = command;
  if (placeholders([program]).length > 0)
    found.push({ path: ['command', 0], message: 'the program must not depend on parameters' });
  return found;
}

function remarks({ repeatable }: CommandSettings): readonly string[] {
  if (repeatable === 'exact') return [];
  return [
    'not repeatable: the same trial may give another result next time, so results are not audited. `ridgeline check-trainer` shows whether `repeatable: exact` is true',
  ];
}

function method({ command, rungs, repeatable }: CommandSettings): readonly string[] {
  const program = 'name' in command ? `the program ${command.name}` : `\`${command.join(' ')}\``;
  return [
    `Each trial is trained by ${program}, to step ${rungs.at(-1)}.`,
    repeatable === 'exact'
      ? 'The command declares that its results repeat exactly.'
      : 'The results are not repeatable: they are stored as they came, and the decisions follow from them.',
  ];
}
