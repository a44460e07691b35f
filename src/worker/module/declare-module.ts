/** Module reading: runs a module of the user in a thread, to read what it declares. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModuleDeclaration, StudyValues } from '../../trainers/module/declaration.ts';
import { errorMessage } from '../../base/errors.ts';
import { commandEnvironment } from '../command/environment.ts';
import { removeFolder } from '../command/run-trial.ts';
import { writeFiles } from './module-folder.ts';
import { runThread } from './run-thread.ts';

/** Limits of a module that only describes itself. */
const limits = { heapMb: 2_048, timeoutMs: 60_000, silenceMs: 60_000 };

/** A module with its files, and what its study says about its parameters. */
export interface DeclaringModule extends StudyValues {
  readonly module: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** @returns what it declares; or a predicate of which the module is the subject */
export async function declareModule(
  { module, files, ...study }: DeclaringModule,
  own: NodeJS.ProcessEnv,
): Promise<
  | { readonly kind: 'declared'; readonly declares: ModuleDeclaration }
  | { readonly kind: 'failed'; readonly reason: string }
> {
  const folder = await mkdtemp(join(tmpdir(), 'ridgeline-module-'));
  try {
    await writeFiles(folder, files);
    const environment = commandEnvironment({
      own,
      passed: [],
      folder,
      device: null,
      processors: 1,
    });
    const { ended } = runThread(
      { folder, module, work: { kind: 'declare', study } },
      { ...limits, environment, transfer: [], progress: () => 0, blank: (text) => text },
    );
    const end = await ended;
    if (end.kind === 'declared' || end.kind === 'failed') return end;
    const why = end.kind === 'unfit' ? errorMessage(end.cause) : 'it was stopped';
    return { kind: 'failed', reason: `cannot be run here: ${why}` };
  } finally {
    await removeFolder(folder);
  }
}
