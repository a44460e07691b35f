/**
 * Module trainer of a file: reads what the module of a study file declares, so that the rest of the file can
 * be checked against it. Running the module is left to the caller.
 */
import { dirname } from 'node:path';
import { valueAt } from '../study/spec/check-study.ts';
import { searchedNames } from '../study/spec/study-trainer.ts';
import type { DescribeTrainer } from '../study/trainer-description.ts';
import { moduleFile, readBeside } from './program-files.ts';
import { YamlSource } from './yaml-source.ts';

/** A module of the user and what its study file says about its parameters. */
interface ModuleSource {
  /** Path of the module, a key of `files`. */
  readonly module: string;
  /** Contents by path in the folder of the study file. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** `trainer.parameters`, not yet checked. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Names of the searched parameters. */
  readonly searched: readonly string[];
}

/** What a module declares; or a predicate of which the module is the subject. */
type DeclaredModule =
  | { readonly kind: 'declared'; readonly declares: object }
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs a module to read what it declares. */
export type DeclareModule = (source: ModuleSource) => Promise<DeclaredModule>;

/**
 * The descriptions of trainers, with what the module of this file declares.
 *
 * @throws RidgelineError STUDY_INVALID if the module cannot be read
 */
export async function describeWithModule(
  text: string,
  file: string,
  describe: DescribeTrainer,
  declare: DeclareModule,
): Promise<DescribeTrainer> {
  // A text that names no module is parsed once, by the caller.
  if (!text.includes('module')) return describe;
  const source = new YamlSource(text, file);
  const study = source.value();
  const path = valueAt(study, ['trainer', 'module']);
  if (typeof path !== 'string') return describe;
  const module = moduleFile(path);
  const listed = valueAt(study, ['trainer', 'files']);
  const names: unknown[] = Array.isArray(listed) ? listed : [];
  const files = new Map<string, Uint8Array>();
  for (const name of [module, ...names])
    if (typeof name === 'string' && isInside(name))
      files.set(name, await readBeside(dirname(file), name, file));
  // The schema reports the path.
  if (!files.has(module)) return describe;
  const parameters = valueAt(study, ['trainer', 'parameters']);
  const given = typeof parameters === 'object' && parameters !== null ? { ...parameters } : {};
  const declared = await declare({ module, files, given, searched: searchedNames(study) });
  if (declared.kind === 'failed') {
    const offset = source.valueOffset(['trainer', 'module']);
    throw source.invalid([{ offset, message: `trainer.module: ${path} ${declared.reason}` }]);
  }
  const { declares } = declared;
  return (section) =>
    describe(section['module'] === undefined ? section : { ...section, declares });
}

function isInside(name: string): boolean {
  return !name.startsWith('/') && !name.split('/').includes('..');
}
