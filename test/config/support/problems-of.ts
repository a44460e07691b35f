import { RidgelineError } from '../../../src/base/errors.ts';
import { parseStudy } from '../../../src/config/parse-study.ts';

/** What `parseStudy` says of a text; empty for a study. Any other error is thrown. */
export function problemsOf(text: string): string {
  try {
    parseStudy(text, 'study.yaml');
  } catch (error) {
    if (error instanceof RidgelineError && error.code === 'STUDY_INVALID') return error.what;
    throw error;
  }
  return '';
}
