/** Module work: what a worker sends to the thread of a module, and what the thread sends back at its end. */
import type { ModuleDeclaration, StudyValues } from '../../trainers/module/declaration.ts';
import type { TrainingWork } from '../training-work.ts';
import type { TrialResult } from '../../study/trial.ts';

export interface ModuleThreadData {
  /** Absolute path of the folder with the files of the study. */
  readonly folder: string;
  /** Path of the module in the folder. */
  readonly module: string;
  readonly work: ModuleWork;
}

type ModuleWork =
  | { readonly kind: 'declare'; readonly study: StudyValues }
  | { readonly kind: 'train'; readonly training: TrainingWork };

export type ModuleEnd =
  | { readonly kind: 'declared'; readonly declares: ModuleDeclaration }
  | { readonly kind: 'ended'; readonly results: TrialResult[] }
  /** It was asked to stop. */
  | { readonly kind: 'stopped' }
  /** The module is the cause. `reason`: a predicate of which the module is the subject. */
  | { readonly kind: 'failed'; readonly reason: string };
