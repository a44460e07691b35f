/** Program schema: keys that the `trainer` sections of commands and of modules have in common. */
import { z } from 'zod';
import { whole } from '../study/spec/schema-types.ts';

export const filesMax = 100;
export const parametersMax = 64;
const fileBytesMax = 4 * 1024 * 1024;
const metricsMax = 32;
const rungsMax = 100;
/** Steps are counted in 32 bits on the wire. */
const stepsMax = 2 ** 31 - 1;
/** Bits of the result travel in one message. */
export const recordsMax = 8 * 1024 * 1024;

/** Names of parameters: also names of columns. */
export const parameterName = z
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

export const programFile = z.union([
  relativePath.describe('a path beside the study file'),
  z
    .strictObject({
      name: relativePath,
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
      bytes: whole(0, fileBytesMax, 'length'),
    })
    .describe('the same, once the file was read'),
]);

export const rungs = z
  .array(whole(1, stepsMax, 'step'))
  .min(1, 'needs at least the last step')
  .max(rungsMax, `at most ${rungsMax} rungs`);

export const metrics = z
  .record(metricName, z.enum(['maximize', 'minimize']))
  .refine((record) => Object.keys(record).length > 0, { error: 'needs at least one metric' })
  .refine((record) => Object.keys(record).length <= metricsMax, {
    error: `at most ${metricsMax} metrics`,
  });

export const repeatable = z
  .union([z.literal('exact'), z.literal(false)])
  .default(false)
  .describe('exact: a trial gives the same result each time, to the last digit; false: it may not');
