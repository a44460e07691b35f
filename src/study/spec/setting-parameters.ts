/**
 * Setting parameters: the settings of a trainer that a study can search, read from their schema.
 *
 * Numbers, switches and words can be searched; lists and alternatives of several shapes cannot. A setting
 * inside another one is named by its path in the file, such as `learning_rate.max`.
 */
import { z } from 'zod';
import { oncePer } from '../../base/once-per.ts';
import type { ParameterDescription, ParameterName } from '../search-space.ts';

type Schema = z.core.JSONSchema._JSONSchema;

export const settingParameters = oncePer(
  (settings: z.ZodObject): Readonly<Record<ParameterName, ParameterDescription>> =>
    Object.fromEntries(described(z.toJSONSchema(settings, { io: 'input' }), '')),
);

function described(schema: Schema, path: string): [ParameterName, ParameterDescription][] {
  if (typeof schema !== 'object') return [];
  if (schema.type === 'object')
    return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
      described(inner, path === '' ? key : `${path}.${key}`),
    );
  const description = { description: schema.description ?? '', isSetting: true };
  if (schema.type === 'boolean')
    return [[path, { ...description, kind: 'choice', values: [false, true] }]];
  if (schema.type === 'string' && schema.enum !== undefined)
    return [[path, { ...description, kind: 'choice', values: schema.enum.map(String) }]];
  if (schema.type !== 'number' && schema.type !== 'integer') return [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const min = exclusiveMinimum ?? minimum;
  const max = exclusiveMaximum ?? maximum;
  const excludes = [
    ...(exclusiveMinimum === undefined ? [] : (['min'] as const)),
    ...(exclusiveMaximum === undefined ? [] : (['max'] as const)),
  ];
  const bounds = {
    ...(typeof min === 'number' && { min }),
    ...(typeof max === 'number' && { max }),
  };
  return [[path, { ...description, kind: schema.type, ...bounds, excludes }]];
}
