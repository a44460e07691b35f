/** Schema generation: writes the JSON schemas of studies and recipes for editors; --check fails if they differ. */
import { z } from 'zod';
import { recipeSchema, studySchema } from '../src/study/spec/study-schema.ts';
import { twoLayer } from '../src/trainers/two-layer/description.ts';
import { writeSchema } from './generated-files.ts';

const schemas = {
  'study.schema.json': studySchema(twoLayer),
  'recipe.schema.json': recipeSchema(twoLayer),
};

for (const [name, shape] of Object.entries(schemas)) {
  // Draft 7 is what editors' YAML servers read.
  const schema = z.toJSONSchema(shape, { io: 'input', target: 'draft-7' });
  await writeSchema(`configs/${name}`, schema);
}
