/**
 * Module declaration: what a module of the user says about itself, read from its default export where the
 * user has named it. It is stored with the study, so coordinators check values without running the module.
 */
import { z } from 'zod';
import { valueProblem, type ParamValue } from '../../study/search-space.ts';
import { whole } from '../../study/spec/schema-types.ts';
import { metrics, recordsMax, rungs } from '../program-schema.ts';
import { ModuleFault, toModule } from './module-contract.ts';

const parametersMax = 64;

/** Keys of the `trainer` section: the values of parameters are placed beside them (`trial-settings.ts`). */
const sectionKeys = ['name', 'module', 'files', 'parameters', 'declares', 'repeatable'].concat([
  'timeout',
  'silence',
  'heap_mb',
]);

const parameterName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
    'must be 1 to 64 letters, digits and "_", and start with a letter',
  )
  .refine((name) => !sectionKeys.includes(name), {
    error: 'is a key of the trainer section; give the parameter another name',
  });

const scalar = z.union([z.number(), z.string().max(1_000), z.boolean()]);

const parameter = z
  .strictObject({
    kind: z.enum(['number', 'integer', 'choice'], {
      error: 'must be number, integer or choice',
    }),
    min: z.number().optional(),
    max: z.number().optional(),
    values: z.array(scalar).min(1).max(1_000).optional(),
    default: scalar,
    description: z.string().max(1_000).optional(),
  })
  .superRefine((described, context) => {
    const { kind, min, max, values } = described;
    const report = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    if ((kind === 'choice') !== (values !== undefined))
      return report('values', kind === 'choice' ? 'is missing' : 'goes with kind choice only');
    if (min !== undefined && max !== undefined && min > max)
      return report('min', `is ${min}, above max ${max}`);
    const problem = valueProblem(toDescription(described), described.default);
    if (problem !== null) report('default', `${problem}, got ${String(described.default)}`);
  });

export const declarationSchema = z.strictObject({
  parameters: z
    .record(parameterName, parameter)
    .refine((record) => Object.keys(record).length <= parametersMax, {
      error: `at most ${parametersMax} parameters`,
    }),
  metrics,
  rungs,
  records: whole(1, recordsMax, 'number of validation records').optional(),
  data: z.boolean(),
});

export type ModuleDeclaration = z.output<typeof declarationSchema>;

type DeclaredParameter = ModuleDeclaration['parameters'][string];

/** What the search knows of a parameter. */
export function toDescription({ kind, min, max, values, description = '' }: DeclaredParameter) {
  return {
    kind,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(values !== undefined && { values }),
    description,
    isSetting: true,
  } as const;
}

export interface StudyValues {
  /** Values of `trainer.parameters`, not yet checked. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Names of the searched parameters. */
  readonly searched: readonly string[];
}

/** @throws ModuleFault if the module does not keep the contract; what its `rungs` throws */
export function declareModule(exported: unknown, study: StudyValues): ModuleDeclaration {
  const module = toModule(exported);
  const { needsData = false, records } = module;
  const declared = parsed({
    parameters: module.parameters,
    metrics: module.metrics,
    // They depend on parameters, which are checked first.
    rungs: [1],
    ...(records !== undefined && { records }),
    data: needsData,
  });
  if (needsData && records !== undefined)
    throw new ModuleFault('has records, which are those of the data set that it needs; remove it');
  const isTest = (name: string): boolean => name.startsWith('test_');
  const test = Object.keys(declared.metrics).find(isTest);
  if (test !== undefined && !needsData)
    throw new ModuleFault(`has the metric ${test}, but no data set with a test split; remove it`);
  return parsed({ ...declared, rungs: module.rungs(fixedValues(declared, study)) });
}

function parsed(value: unknown): ModuleDeclaration {
  const { success, data, error } = declarationSchema.safeParse(value);
  if (success) {
    const falling = data.rungs.find((rung, index) => rung <= (data.rungs[index - 1] ?? 0));
    if (falling === undefined) return data;
    throw new ModuleFault(`has rungs that do not ascend: ${data.rungs.join(', ')}`);
  }
  const [issue] = error.issues;
  const { path = [], message = 'is not valid' } = issue ?? {};
  // The message of a wrong name is one level deeper.
  const inner = issue?.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  throw new ModuleFault(`has ${path.map(String).join('.')}: ${inner ?? message}`);
}

/** The values of the parameters that are not searched; reading another one is a fault. */
function fixedValues(
  { parameters }: ModuleDeclaration,
  { given, searched }: StudyValues,
): Readonly<Record<string, ParamValue>> {
  const values: Record<string, ParamValue> = {};
  for (const [name, declared] of Object.entries(parameters)) {
    const own = given[name];
    // A value that is not allowed is reported with its line.
    const isValid = valueProblem(toDescription(declared), own) === null;
    values[name] = isValid && isValue(own) ? own : declared.default;
    if (searched.includes(name))
      Object.defineProperty(values, name, {
        enumerable: true,
        get: () => {
          throw new ModuleFault(
            `has rungs that depend on ${name}, which the study searches, and all trials of a study have the same rungs; set ${name} in trainer.parameters instead`,
          );
        },
      });
  }
  return values;
}

function isValue(value: unknown): value is ParamValue {
  return ['number', 'string', 'boolean'].includes(typeof value);
}
