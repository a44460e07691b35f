/** Schema generation: writes the JSON schemas of studies and recipes for editors; --check fails if they differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { z } from 'zod';
import { recipeSchema, studySchema } from '../src/study/spec/study-schema.ts';
import { twoLayer } from '../src/trainers/two-layer/description.ts';

const schemas = {
  'study.schema.json': studySchema(twoLayer),
  'recipe.schema.json': recipeSchema(twoLayer),
};

for (const [name, shape] of Object.entries(schemas)) {
  const path = join(import.meta.dirname, '..', 'configs', name);
  // Draft 7 is what editors' YAML servers read.
  const schema = z.toJSONSchema(shape, { io: 'input', target: 'draft-7' });
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });

  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (!isCurrent(path, text)) {
    process.stderr.write(
      `${path} is not current\n  fix: Run \`npm run generate\` and commit the result.\n`,
    );
    process.exitCode = 1;
  }
}

function isCurrent(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}
