/** Module problem: what an error in a module of the user means, as a predicate of which the module is the subject. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { relative } from 'node:path';
import { ModuleFault } from '../../trainers/module/module-contract.ts';

/** @param folder where the files of the study are */
export function moduleProblem(error: unknown, folder: string): string {
  if (error instanceof ModuleFault) return error.message;
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return `uses syntax that cannot be erased (${place(error, folder)}): ${error.message}. Node removes types and compiles nothing: replace enum, namespace, parameter properties and import = by plain code, or name the compiled .js file`;
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX')
    return `is no TypeScript (${place(error, folder)}): ${error.message}`;
  if (code === 'ERR_MODULE_NOT_FOUND') return missingImport(error, folder);
  const at = place(error, folder);
  return `threw ${error.name}: ${error.message}${at === '' ? '' : ` (${at})`}`;
}

function missingImport(error: Error, folder: string): string {
  const url = 'url' in error ? String(error.url) : '';
  if (url.startsWith('file:')) {
    const name = relative(folder, fileURLToPath(url));
    return name.startsWith('..')
      ? `imports ${name}, which is outside of its folder; put it beside the module`
      : `imports ${name}, which is not in trainer.files. Add it: files: [${name}]`;
  }
  const [, name = 'a package'] = /Cannot find package '([^']+)'/.exec(error.message) ?? [];
  return `imports the package ${name}, which workers do not have; for types write import type, for code bundle the package into the module`;
}

/** `trainer.ts:12:5`, the innermost place in the folder; '' if there is none. */
function place({ stack = '' }: Error, folder: string): string {
  for (const start of [`${pathToFileURL(folder).href}/`, `${folder}/`]) {
    const [, after] = stack.split(start);
    const found = /^[^\s:)]+:\d+(?::\d+)?/.exec(after ?? '');
    if (found !== null) return found[0];
  }
  return '';
}
