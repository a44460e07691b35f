/** Settings schema: keys, bounds, defaults and descriptions of the `trainer` section with a `command`. */
import { z } from 'zod';
import { memoryPattern } from '../../study/memory-size.ts';
import { duration, whole } from '../../study/spec/schema-types.ts';

const wordsMax = 100;
const filesMax = 100;
const fileBytesMax = 4 * 1024 * 1024;
const parametersMax = 64;
const metricsMax = 32;
const rungsMax = 100;
/** Steps are counted in 32 bits on the wire. */
const stepsMax = 2 ** 31 - 1;
/** Bits of the result travel in one message. */
const recordsMax = 8 * 1024 * 1024;

/** Names of parameters: also names of columns. */
const parameterName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/,
    'must be 1 to 64 letters, digits, "_", "-" and ".", and start with a letter',
  );

const metricName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be 1 to 64 of a-z, 0-9 and "_", and start with a letter');

const relativePath = z
  .string()
  .max(200)
  .regex(
    /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+)*$/,
    'must be a path inside the folder of the study file, of letters, digits, "_", "-", "." and "/"',
  );

const commandWords = z
  .array(z.string().min(1, 'must not be empty').max(1_000))
  .min(1, 'needs at least the name of the program')
  .max(wordsMax, `at most ${wordsMax} words`)
  .describe('program and arguments, without a shell');

const file = z.union([
  relativePath.describe('a path beside the study file'),
  z
    .strictObject({
      name: relativePath,
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
      bytes: whole(0, fileBytesMax, 'length'),
    })
    .describe('the same, once the file was read'),
]);

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
    .array(file)
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
  rungs: z
    .array(whole(1, stepsMax, 'step'))
    .min(1, 'needs at least the last step')
    .max(rungsMax, `at most ${rungsMax} rungs`)
    .default([1])
    .describe(
      'steps at which a trial may stop, ascending; the last is its end. A step is what the command calls one',
    ),
  metrics: z
    .record(metricName, z.enum(['maximize', 'minimize']))
    .refine((record) => Object.keys(record).length > 0, { error: 'needs at least one metric' })
    .refine((record) => Object.keys(record).length <= metricsMax, {
      error: `at most ${metricsMax} metrics`,
    })
    .describe('what the command prints at the end of a trial, by name, with the better direction'),
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
  repeatable: z
    .union([z.literal('exact'), z.literal(false)])
    .default(false)
    .describe(
      'exact: a trial gives the same result each time, to the last digit; false: it may not',
    ),
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
