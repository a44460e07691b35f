/** Settings schema: keys, bounds, defaults and descriptions of the `trainer` section with a `module`. */
import { z } from 'zod';
import type { ParamValue } from '../../study/search-space.ts';
import { parameterValue } from '../../study/spec/search-schema.ts';
import { duration, whole } from '../../study/spec/schema-types.ts';
import { filesMax, programFile, repeatable } from '../program-schema.ts';
import { declarationSchema, toDescription, type ModuleDeclaration } from './declaration.ts';

/** V8 cannot run in less, and limits larger heaps by itself. */
const [heapMin, heapMax] = [64, 1_048_576];

/** @param declared null if the section has no valid declaration, which the schema then reports */
export function moduleSettingsSchema(declared: ModuleDeclaration | null) {
  const parameters = Object.entries(declared?.parameters ?? {}).map(([name, parameter]) => {
    const value: z.ZodType<ParamValue> = parameterValue(toDescription(parameter));
    return [name, value.default(() => parameter.default)] as const;
  });
  return z.strictObject({
    module: z
      .string()
      .max(200)
      .regex(
        /^(?:\.\/)?(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+)*\.m?[jt]s$/,
        'must be the path of a .ts, .mts, .js or .mjs file inside the folder of the study file',
      )
      .describe('module that trains a trial, beside the study file; its default export'),
    files: z
      .array(programFile)
      .max(filesMax, `at most ${filesMax} files`)
      .default([])
      .describe('other files beside the study file that the module imports or reads'),
    parameters: z
      .strictObject(Object.fromEntries(parameters))
      .prefault({})
      .describe(
        'values of parameters that are not searched, instead of the defaults of the module',
      ),
    declares: declared === null ? required : required.default(() => declared),
    repeatable,
    timeout: duration('longest time of one trial, from rung to rung').default('7d'),
    silence: duration('longest time without a step').default('30m'),
    heap_mb: whole(
      heapMin,
      heapMax,
      'memory of JavaScript objects of one trial, in MiB; typed arrays do not count',
    ).default(2_048),
  });
}

const required = declarationSchema.describe(
  'what the module declares; written by the commands that read the study file',
);
