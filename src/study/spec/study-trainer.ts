/** Study trainer: the trainer of a study file, with the parameters that the file searches. */
import type { TrainerDescription } from '../trainer-description.ts';

/** Names that parameters of programs may have: also names of columns. */
const openParameterName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** @param file plain data in the shape of a study file, not yet checked */
export function studyTrainer(trainer: TrainerDescription, file: unknown): TrainerDescription {
  if (trainer.withParameters === undefined) return trainer;
  const names = searchedNames(file);
  const valid = names.filter((name) => openParameterName.test(name));
  return trainer.withParameters([...new Set(valid)].toSorted());
}

/** Names of hyperparameters that a file searches, as it has them. */
export function searchedNames(file: unknown): string[] {
  const stages: unknown = propertyOf(file, 'stages');
  const sections = [file, ...(Array.isArray(stages) ? stages : [])].flatMap((part: unknown) => {
    const also: unknown = propertyOf(part, 'also');
    return [propertyOf(part, 'search'), ...(Array.isArray(also) ? also : [])];
  });
  return sections.flatMap((section: unknown) =>
    typeof section === 'object' && section !== null ? Object.keys(section) : [],
  );
}

function propertyOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
