/** Submitted files: study files whose text a client sent to the coordinator. */
import { isAbsolute } from 'node:path';
import { parseStudy } from '../../config/parse-study.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { describeTrainer } from '../../trainers/registry.ts';

/**
 * A relative path would depend on the folder of the file, which is on the client's machine.
 *
 * @throws RidgelineError STUDY_INVALID with all problems; `file` is the field of the request
 */
export function readStudyFile(text: string): StudySpec {
  return parseStudy(text, 'file', describeTrainer, (path) =>
    isAbsolute(path)
      ? []
      : [
          {
            path: ['dataset', 'path'],
            message: "must be an absolute path on the coordinator's machine",
          },
        ],
  );
}
