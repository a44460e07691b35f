/** Writes the JSON schema that editors use for study files; with --check, says whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { z } from 'zod';
import { studySchema } from '../src/config/study-schema.ts';

const path = join(import.meta.dirname, '..', 'configs', 'study.schema.json');
// Draft 7 is what editors' YAML servers read.
const schema = z.toJSONSchema(studySchema, { io: 'input', target: 'draft-7' });
const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });

if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write(
    `${path} is not current\n  fix: Run \`npm run generate\` and commit the result.\n`,
  );
  process.exitCode = 1;
}
