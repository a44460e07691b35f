/**
 * Stored cluster: the studies of a state directory as the dashboard reads them, without a coordinator. It has
 * no workers and changes nothing. Another process may write the store meanwhile; the dashboard reads it again.
 *
 * A store that appears later, or is replaced by `restore`, is opened again.
 */
import { statSync } from 'node:fs';
import { RidgelineError } from '../../base/errors.ts';
import { StudyOverview } from '../../coordinator/shell/study-overview.ts';
import { openTokens } from '../../rpc/credentials/tokens.ts';
import { storeFile } from '../../store/sqlite/file-names.ts';
import { isStateLocked } from '../../store/sqlite/lock.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StoreReader } from '../../store/store.ts';
import type { TrialId } from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import type { LiveCluster } from '../../web/live-cluster.ts';
import type { StudyLine } from '../../web/page-messages.ts';
import { keysDirectory, stateDirectory, type Context } from '../process/context.ts';
import { trainCommand } from '../process/resume-command.ts';
import { roleFrom, toStudyLine } from './live-cluster.ts';
import { StudyFiles } from './study-files.ts';

interface OpenedStore {
  /** State of the files for which this reader is valid. */
  readonly files: StoreFiles;
  /** Whether the reader does not see later commits. */
  readonly isFixed: boolean;
  readonly reader: StoreReader;
  readonly overview: StudyOverview;
}

interface StoreFiles {
  /** Differs if the file is another one; empty without a file. */
  readonly identity: string;
  /** Changes with every commit, which writes the log next to the file. */
  readonly written: string;
}

export class StoredCluster implements LiveCluster, AsyncDisposable {
  readonly version: string;
  readonly isStored = true;
  readonly describeTrainer = describeTrainer;
  readonly #stateDir: string;
  readonly #context: Context;
  readonly #files: StudyFiles;
  #opened: Promise<OpenedStore> | null = null;
  #studies: { readonly written: string; readonly lines: Promise<readonly StudyLine[]> } | null =
    null;

  constructor(context: Context) {
    this.#context = context;
    this.#files = new StudyFiles(context);
    this.#stateDir = stateDirectory(context);
    this.version = context.version;
  }

  /** Opens the store. @throws RidgelineError if it cannot be read */
  async open(): Promise<void> {
    await this.#current();
  }

  async studies(): Promise<readonly StudyLine[]> {
    const { overview } = await this.#current();
    // Counting reads all trials of unfinished studies.
    const { written } = storeFiles(this.#stateDir);
    if (this.#studies?.written !== written) {
      const lines = overview.counts().then((all) => all.map(toStudyLine));
      this.#studies = { written, lines };
    }
    return await this.#studies.lines;
  }

  workers(): readonly [] {
    return [];
  }

  storeProblem(): null {
    return null;
  }

  async study(name: string): ReturnType<LiveCluster['study']> {
    return await (await this.#current()).reader.study(name);
  }

  async trials(
    name: string,
    details: { readonly correctness: boolean },
  ): ReturnType<LiveCluster['trials']> {
    return await (await this.#current()).reader.trials(name, details);
  }

  async trial(study: string, id: TrialId): ReturnType<LiveCluster['trial']> {
    return await (await this.#current()).reader.trial(study, id);
  }

  async attempts(study: string, id: TrialId): ReturnType<LiveCluster['attempts']> {
    return await (await this.#current()).reader.attempts(study, id);
  }

  trainCommand(study: string, trial: string): string {
    return trainCommand(study, trial, this.#context);
  }

  running(): readonly [] {
    return [];
  }

  async file(...file: Parameters<LiveCluster['file']>): ReturnType<LiveCluster['file']> {
    return await this.#files.write(...file);
  }

  async log(limit: number): ReturnType<LiveCluster['log']> {
    return await (await this.#current()).reader.events(limit);
  }

  /** There are no events: the dashboard reads unfinished studies every few seconds. */
  listen(): () => void {
    return () => undefined;
  }

  async setStudy(study: string): Promise<never> {
    throw new RidgelineError(
      'COORDINATOR_UNREACHABLE',
      `Study ${study} is not changed: this dashboard shows stored studies, without a coordinator.`,
      'Use the dashboard of `ridgeline run` or `ridgeline coordinator`.',
    );
  }

  /** Reads the file each time, since a coordinator may revoke tokens. */
  tokenRole(text: string): ReturnType<LiveCluster['tokenRole']> {
    return roleFrom(() => openTokens(keysDirectory(this.#context)), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.reader.close();
  }

  async #current(): Promise<OpenedStore> {
    const files = storeFiles(this.#stateDir);
    const opened = await this.#opened;
    if (opened !== null && isCurrent(opened, files)) return opened;
    this.#studies = null;
    const next = openStored(this.#stateDir, files);
    this.#opened = next;
    await opened?.reader.close();
    return await next;
  }
}

function isCurrent({ files, isFixed }: OpenedStore, now: StoreFiles): boolean {
  return files.identity === now.identity && (!isFixed || files.written === now.written);
}

async function openStored(stateDir: string, files: StoreFiles): Promise<OpenedStore> {
  const reader = await openStoreReader(stateDir);
  // The tables of an empty store may be in another file, or created later.
  const isFixed = reader.isFixed || (await reader.studies()).length === 0;
  const nothing = (): null => null;
  const overview = new StudyOverview({
    store: reader,
    state: nothing,
    storeProblem: nothing,
    isServed: () => isStateLocked(stateDir),
    msPerTrial: nothing,
  });
  return { files, isFixed, reader, overview };
}

function storeFiles(stateDir: string): StoreFiles {
  const file = storeFile(stateDir);
  const [main, log] = [file, `${file}-wal`].map((path) =>
    statSync(path, { throwIfNoEntry: false }),
  );
  return {
    identity: main === undefined ? '' : `${main.dev} ${main.ino}`,
    written: [main, log].map((facts) => `${facts?.size} ${facts?.mtimeMs}`).join(' '),
  };
}
