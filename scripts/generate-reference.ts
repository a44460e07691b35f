/**
 * Writes the reference of study files in docs/study-file.md from the schema; with --check, reports whether
 * it is current.
 */
import { studyKeys } from '../src/config/study-keys.ts';
import { describeTrainer } from '../src/trainers/registry.ts';
import { keyTable, writeSection } from './generated-files.ts';

const rows = studyKeys(describeTrainer({}));
writeSection('docs/study-file.md', 'keys of a study file', keyTable(rows));
