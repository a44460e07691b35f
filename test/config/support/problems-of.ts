import { RidgelineError } from '../../../src/base/errors.ts';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';

/** The problems that `parseStudy` reports; empty for a valid study. Any other error is thrown. */
export function problemsOf(text: string): string {
  try {
    parseStudy(text, 'study.yaml', describeTrainer);
  } catch (error) {
    if (error instanceof RidgelineError && error.code === 'STUDY_INVALID') return error.what;
    throw error;
  }
  return '';
}
