/** Schema generation: writes the JSON schemas of studies and recipes for editors; --check fails if they differ. */
import { z } from 'zod';
import { recipeSchema, studySchema } from '../src/study/spec/study-schema.ts';
import type { TrainerDescription } from '../src/study/trainer-description.ts';
import { describeCommand } from '../src/trainers/command/description.ts';
import { describeModule } from '../src/trainers/module/description.ts';
import { twoLayer } from '../src/trainers/two-layer/description.ts';
import { writeSchema } from './generated-files.ts';

type Json = Record<string, unknown>;

// Draft 7 is what editors' YAML servers read.
const toJson = (shape: z.ZodType): Json =>
  z.toJSONSchema(shape, { io: 'input', target: 'draft-7', unrepresentable: 'any' });

/** Stands for the names of parameters, which are free. */
const anyName = 'any_name';

/** The study of a command: its parameters and metrics have any names. */
function commandStudy(): Json {
  const trainer = describeCommand({ metrics: { [anyName]: 'maximize' } });
  return programStudy(trainer.withParameters?.([anyName]) ?? trainer);
}

/** The study of a module, which declares its parameters and metrics. */
function moduleStudy(): Json {
  const parameters = { [anyName]: { kind: 'number', default: 0 } };
  const sample = { parameters, metrics: { [anyName]: 'maximize' }, rungs: [1] };
  // The module decides whether a data set is needed.
  return programStudy(describeModule({ declares: { ...sample, data: false } }));
}

function programStudy(trainer: TrainerDescription): Json {
  const text = JSON.stringify(toJson(studySchema(trainer)));
  const { $schema: _, ...schema }: Json = JSON.parse(text, (key, value: unknown) => {
    // The shorthand of a stage is a parameter of the built-in trainer.
    if (key === 'lambda') return undefined;
    if (key === 'metric') return anyMetric;
    if (key === 'declares') return declared(value);
    return namedKeys.includes(key) ? withAnyName(value) : value;
  });
  return schema;
}

/** Sections with names of parameters. */
const namedKeys = ['search', 'items', 'parameters'];

/** Files have no declaration: the module has it. */
function declared(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return 'description' in value ? { description: value.description } : value;
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

function whenTrainerHas(key: string, schema: Json, otherwise: Json): Json {
  const trainer = { type: 'object', required: [key] };
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
  return { if: { properties: { trainer }, required: ['trainer'] }, then: schema, else: otherwise };
}

const { $schema: _, ...twoLayerStudy } = toJson(studySchema(twoLayer));
await writeSchema('configs/study.schema.json', {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  ...whenTrainerHas(
    'command',
    commandStudy(),
    whenTrainerHas('module', moduleStudy(), twoLayerStudy),
  ),
});
await writeSchema('configs/recipe.schema.json', toJson(recipeSchema(twoLayer)));
