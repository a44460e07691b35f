/** Writes the JSON schema that editors use for study files; with --check, says whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { studySchema } from '../src/config/study-schema.ts';

const path = 'configs/study.schema.json';
const text = `${JSON.stringify(z.toJSONSchema(studySchema, { io: 'input', target: 'draft-7' }), null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write(
    `${path} is not current\n  fix: Run \`npm run generate\` and commit the result.\n`,
  );
  process.exitCode = 1;
}
