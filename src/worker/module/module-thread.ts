/**
 * Module thread: the entry of a thread that runs a module of the user, for one trial or to read what the
 * module declares. The thread ends with it, so nothing that a trial leaves behind reaches the next one.
 */
import { realpathSync } from 'node:fs';
import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assert } from '../../base/assert.ts';
import { toModule } from '../../trainers/module/module-contract.ts';
import { modulePort } from '../../trainers/module/module-training.ts';
import { trainWork } from '../train-work.ts';
import { moduleProblem } from './module-problem.ts';
import type { ModuleEnd, ModuleThreadData } from './module-work.ts';

assert(!isMainThread && parentPort !== null, 'module-thread.ts is the entry of a thread');

// `module-threads.ts` and `declare-module.ts` start this thread.
const data: ModuleThreadData = workerData;
const port: MessagePort = parentPort;
const end = await run(data);
// Output waits in the thread while it computes, and the thread is terminated at its end.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => void stream.write('', () => resolve()));
port.postMessage(end);

async function run({ folder, module, work }: ModuleThreadData): Promise<ModuleEnd> {
  try {
    const imported: unknown = await import(pathToFileURL(join(folder, module)).href);
    const exported: unknown =
      typeof imported === 'object' && imported !== null && 'default' in imported
        ? imported.default
        : null;
    if (work.kind === 'declare') {
      // Not for training: schemas take longer to load than all the rest.
      const { declareModule } = await import('../../trainers/module/declaration.ts');
      return { kind: 'declared', declares: declareModule(exported, work.study) };
    }
    const results = trainWork(modulePort(toModule(exported)), work.training);
    return results === null ? { kind: 'stopped' } : { kind: 'ended', results };
  } catch (error) {
    return { kind: 'failed', reason: moduleProblem(error, realpathSync(folder)) };
  } finally {
    if (work.kind === 'train') work.training.port.close();
  }
}
