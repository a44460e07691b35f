/**
 * Search schema: the keys of a searched hyperparameter in a study file.
 *
 * A distribution has a short form (`log_uniform: [1.0e-9, 1.0e-1]`) and one with keys (`distribution`, `min`,
 * `max`). `stage-search.ts` replaces the short one; rules between the keys are in `search-rules.ts`.
 */
import { z } from 'zod';
import { symbolFor } from '../../base/greek-letters.ts';
import { numberDistributions, type ParameterDescription } from '../search-space.ts';
import { amount, whole } from './schema-types.ts';

type Parameters = Readonly<Record<string, ParameterDescription>>;

/** Most values of a choice, and most known values of a parameter. */
const valuesMax = 1_000;

/** The fix for a bound that is an exponent, as some other programs expect. */
function exponentFix(input: unknown): string {
  const isExponent =
    typeof input === 'number' && Number.isInteger(input) && input < 0 && input > -300;
  return isExponent ? `. Bounds are values: write 1.0e${input}, not the exponent ${input}` : '';
}

/** One value of a hyperparameter. */
export function parameterValue(parameter: ParameterDescription) {
  const { kind = 'number', values = [], description } = parameter;
  if (kind === 'choice') return z.literal([...values]).describe(description);
  if (kind === 'any')
    return z.union([z.number(), z.string().max(1_000), z.boolean()]).describe(description);
  return kind === 'integer'
    ? whole(lowest(parameter), highest(parameter), description)
    : amount(lowest(parameter), highest(parameter), description);
}

function lowest({ min = -1e300 }: ParameterDescription): number {
  return min;
}

function highest({ max = 1e300 }: ParameterDescription): number {
  return max;
}

function definitionText({ definition }: ParameterDescription): string {
  return definition === undefined ? '' : `; ${definition}`;
}

/** One searched hyperparameter. */
function distribution(name: string, parameter: ParameterDescription) {
  const symbol = symbolFor(name);
  const value = parameterValue(parameter);
  const list = z.array(value).min(1, 'at least one value is needed').max(valuesMax).optional();
  const common = {
    values: list.describe('instead: a list of values, each with the same probability'),
    also: list.describe(
      `values that are certainly tried, each in a separate configuration, such as [${kindOf(parameter) === 'choice' ? String(parameter.values?.[0]) : 0}]`,
    ),
    where: z
      .record(z.string(), z.array(z.union([z.number(), z.string(), z.boolean()])).min(1))
      .optional()
      .describe('searched only where these hyperparameters have one of these values'),
  };
  const meaning = `${symbol}, ${parameter.description}${definitionText(parameter)}`;
  if (kindOf(parameter) === 'choice') {
    const long = z.enum(['values']).optional().describe('long form: the distribution');
    return z.strictObject({ ...common, distribution: long }).describe(meaning);
  }
  const bound = amount(
    lowest(parameter),
    highest(parameter),
    '',
    'inclusive',
    exponentFix,
  ).optional();
  const pair = z
    .array(amount(lowest(parameter), highest(parameter), '', 'inclusive', exponentFix))
    .length(2, 'must be [smallest, largest]')
    .optional();
  return z
    .strictObject({
      log_uniform: pair.describe(
        '[smallest, largest], uniform in the logarithm: values such as 1.0e-9, not exponents',
      ),
      uniform: pair.describe('[smallest, largest], uniform'),
      integer: pair.describe('[smallest, largest], whole numbers'),
      log_integer: pair.describe('[smallest, largest], whole numbers, uniform in the logarithm'),
      ...common,
      distribution: z
        .enum([...numberDistributions, 'values'])
        .optional()
        .describe('long form: the distribution, with min and max'),
      min: bound.describe('smallest value, such as 1.0e-9, not an exponent'),
      max: bound.describe('largest value'),
      narrow: z
        .string()
        .optional()
        .describe('instead of bounds: the earlier stage whose results give the range'),
    })
    .describe(meaning);
}

function kindOf({ kind = 'number' }: ParameterDescription): string {
  return kind;
}

/** The searched hyperparameters of a study or of a stage, by name. */
export function searchSection(parameters: Parameters) {
  const entries = Object.entries(parameters).map(
    ([name, parameter]) => [name, distribution(name, parameter).optional()] as const,
  );
  return z.strictObject(Object.fromEntries(entries));
}

/** A configuration of the user: values of some hyperparameters, by name. */
export function knownConfigurations(parameters: Parameters) {
  const entries = Object.entries(parameters).map(
    ([name, parameter]) => [name, parameterValue(parameter).optional()] as const,
  );
  return z
    .array(z.strictObject(Object.fromEntries(entries)))
    .min(1)
    .max(valuesMax);
}
