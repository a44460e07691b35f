/**
 * Study files of the command line: reads a study file that the user names. The user runs the module beside
 * it, too: what it declares is part of the study.
 */
import { loadStudy, loadStudyOrRecipe } from '../../config/load-study.ts';
import type { DeclareModule } from '../../config/module-trainer.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { describeTrainer } from '../../trainers/registry.ts';

/** Loads the code for threads only if there is a module. */
const declare: DeclareModule = async (source) => {
  const { declareModule } = await import('../../worker/module/declare-module.ts');
  return await declareModule(source, process.env);
};

/**
 * @param needsData as in `loadStudy`
 * @throws RidgelineError STUDY_INVALID
 */
export async function studyFromFile(
  file: string,
  needsData?: (spec: StudySpec) => boolean | Promise<boolean>,
): Promise<StudySpec> {
  return await loadStudy(file, describeTrainer, needsData, declare);
}

/** @throws RidgelineError STUDY_INVALID */
export async function studyOrRecipeFromFile(file: string): ReturnType<typeof loadStudyOrRecipe> {
  return await loadStudyOrRecipe(file, describeTrainer, declare);
}
