/**
 * Module description: describes the trainer of a section with a `module`, for code that does not train.
 *
 * All of it comes from `declares`, which was read from the module where the user has named it. Nothing here
 * runs the module.
 */
import type { TrainerDescription, TrainerSettings } from '../../study/trainer-description.ts';
import { moduleTrainer } from '../../study/trainer-description.ts';
import { programMetrics } from '../program-metrics.ts';
import { declarationSchema, toDescription, type ModuleDeclaration } from './declaration.ts';
import { moduleNeeds, moduleSettings, type ModuleSettings } from './settings.ts';
import { moduleSettingsSchema } from './settings-schema.ts';

/** By the texts of what a description depends on. */
const known = new Map<string, TrainerDescription>();
const knownMax = 64;

/** @param section may be that of a file, and need not be valid */
export function describeModule({ declares, repeatable }: TrainerSettings): TrainerDescription {
  const key = JSON.stringify([declares, repeatable]);
  const found = known.get(key) ?? build(declares, repeatable === 'exact');
  if (known.size >= knownMax) known.clear();
  known.set(key, found);
  return found;
}

function build(declares: unknown, isExact: boolean): TrainerDescription {
  const { data: declared = null } = declarationSchema.safeParse(declares);
  const rungs = declared?.rungs ?? [];
  return {
    name: moduleTrainer,
    settings: moduleSettingsSchema(declared),
    problems: () => [],
    parameters: searchable(declared),
    metrics: programMetrics(declared?.metrics),
    reproducible: isExact,
    needsData: declared?.data === true,
    measuresAnyStep: true,
    validationRecords: () => declared?.records ?? 0,
    needs: (settings) => moduleNeeds(moduleSettings(settings)),
    packKey: () => '',
    packSize: () => 1,
    rungs: () => rungs,
    measuredSteps: () => rungs,
    progressAt: () => ({}),
    remarks: (settings) => remarks(moduleSettings(settings)),
    method: (settings) => method(moduleSettings(settings)),
    divergenceAdvice: () => [],
    effectiveMinimum: () => null,
  };
}

function searchable(declared: ModuleDeclaration | null): TrainerDescription['parameters'] {
  const entries = Object.entries(declared?.parameters ?? {});
  return Object.fromEntries(entries.map(([name, parameter]) => [name, toDescription(parameter)]));
}

function remarks({ repeatable }: ModuleSettings): readonly string[] {
  if (repeatable === 'exact') return [];
  return [
    'not repeatable: the same trial may give another result next time, so results are not audited. `ridgeline check-trainer` shows whether `repeatable: exact` is true',
  ];
}

function method({ module, declares, repeatable }: ModuleSettings): readonly string[] {
  return [
    `Each trial is trained by the module ${module}, to step ${declares.rungs.at(-1)}.`,
    repeatable === 'exact'
      ? 'The section declares that its results repeat exactly.'
      : 'The results are not repeatable: they are stored as they came, and the decisions follow from them.',
  ];
}
