/** Settings schema: keys, bounds, defaults and descriptions of the `trainer` section with a `command`. */
import { z } from 'zod';
import { memoryPattern } from '../../study/memory-size.ts';
import { duration, whole } from '../../study/spec/schema-types.ts';
import {
  filesMax,
  metrics,
  parameterName,
  parametersMax,
  programFile,
  recordsMax,
  repeatable,
  rungs,
} from '../program-schema.ts';

const wordsMax = 100;

const commandWords = z
  .array(z.string().min(1, 'must not be empty').max(1_000))
  .min(1, 'needs at least the name of the program')
  .max(wordsMax, `at most ${wordsMax} words`)
  .describe('program and arguments, without a shell');

export const settingsSchema = z.strictObject({
  command: z
    .union([
      commandWords,
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "-" and "."')
          .describe('a name that the workers allow with --allow-command NAME=PATH'),
      }),
    ])
    .describe(
      'what trains a trial: [python, train.py], or { name: NAME } of a program of the workers',
    ),
  files: z
    .array(programFile)
    .max(filesMax, `at most ${filesMax} files`)
    .default([])
    .describe('files beside the study file that the command needs; every worker receives them'),
  parameters: z
    .record(parameterName, z.union([z.number(), z.string().max(1_000), z.boolean()]))
    .refine((record) => Object.keys(record).length <= parametersMax, {
      error: `at most ${parametersMax} parameters`,
    })
    .default({})
    .describe('parameters that are not searched, by name'),
  rungs: rungs
    .default([1])
    .describe(
      'steps at which a trial may stop, ascending; the last is its end. A step is what the command calls one',
    ),
  metrics: metrics.describe(
    'what the command prints at the end of a trial, by name, with the better direction',
  ),
  records: whole(
    1,
    recordsMax,
    'validation records: the command prints `correct`, a 0 or 1 for each; needed for ± and ties',
  ).optional(),
  resumes: z
    .boolean()
    .default(false)
    .describe(
      'whether the command saves its state and continues from it; if not, it starts again at step 0',
    ),
  repeatable,
  timeout: duration('longest time of one process').default('7d'),
  silence: duration('longest time without a line of output').default('30m'),
  memory: z
    .string()
    .regex(memoryPattern, 'must be a size such as 500MB, 8GB or 1.5GB')
    .describe(
      'most memory of a trial, with all processes that it starts; machines with less receive none',
    )
    .optional(),
});
