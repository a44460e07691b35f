/** Schema generation: writes the JSON schemas of studies and recipes for editors; --check fails if they differ. */
import { z } from 'zod';
import { recipeSchema, studySchema } from '../src/study/spec/study-schema.ts';
import { describeCommand } from '../src/trainers/command/description.ts';
import { twoLayer } from '../src/trainers/two-layer/description.ts';
import { writeSchema } from './generated-files.ts';

type Json = Record<string, unknown>;

// Draft 7 is what editors' YAML servers read.
const toJson = (shape: z.ZodType): Json =>
  z.toJSONSchema(shape, { io: 'input', target: 'draft-7', unrepresentable: 'any' });

/** Stands for the names of parameters, which are free. */
const anyName = 'name';

/** The study of a program: its parameters and metrics have any names. */
function commandStudy(): Json {
  const trainer = describeCommand({ metrics: { [anyName]: 'maximize' } });
  const text = JSON.stringify(toJson(studySchema(trainer.withParameters?.([anyName]) ?? trainer)));
  const { $schema: _, ...schema }: Json = JSON.parse(text, (key, value: unknown) => {
    // The shorthand of a stage is a parameter of the built-in trainer.
    if (key === 'lambda') return undefined;
    if (key === 'metric') return anyMetric;
    return key === 'search' || key === 'items' ? withAnyName(value) : value;
  });
  return schema;
}

const anyMetric = {
  type: 'string',
  description: 'metric that ranks the trials, at their last step',
};

/** An object with the one property `anyName` gets any properties of its schema. */
function withAnyName(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('properties' in value)) return value;
  const properties = Object.entries(value.properties ?? {});
  const [only] = properties;
  if (properties.length !== 1 || only?.[0] !== anyName) return value;
  return { ...value, properties: {}, additionalProperties: only[1] };
}

const { $schema: _, ...twoLayerStudy } = toJson(studySchema(twoLayer));
await writeSchema('configs/study.schema.json', {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  if: { properties: { trainer: { type: 'object', required: ['command'] } }, required: ['trainer'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
  then: commandStudy(),
  else: twoLayerStudy,
});
await writeSchema('configs/recipe.schema.json', toJson(recipeSchema(twoLayer)));
