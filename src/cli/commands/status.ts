/** `ridgeline status`: the progress of studies, from a running coordinator or the store. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { studyUnknown } from '../../coordinator/shell/study-errors.ts';
import {
  formatStudies,
  type ClusterFormat,
  type StudyLine,
} from '../../report/terminal/cluster-tables.ts';
import { bytesText } from '../../report/text/number-format.ts';
import { joinFilePath } from '../../rpc/credentials/join-files.ts';
import { fileBytes, logFile, storeFile } from '../../store/sqlite/file-names.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { isStateLocked } from '../../store/sqlite/lock.ts';
import { shownStatuses, type ShownStatus } from '../../study/summaries.ts';
import { addControlCommand, withControl } from '../cluster/control.ts';
import { storedOverview } from '../cluster/stored-overview.ts';
import { keysDirectory, stateDirectory, type Context } from '../process/context.ts';
import { outputFormatOption, usageError } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';

/** Twice the size to which the coordinator shortens its log, if no reader prevents it. */
const largeLogBytes = 128 * 1024 * 1024;

interface StatusFlags {
  readonly format?: ClusterFormat;
  readonly status?: readonly ShownStatus[];
}

export function addStatusCommand(program: Command, context: Context): void {
  const summary = 'shows the progress of studies, from a running coordinator or the store';
  addControlCommand(program, 'status', summary, 'ridgeline status --status running,paused')
    .argument('[study]', 'study name (default: all studies, the newest first)')
    .option(
      '--status <statuses>',
      `only studies with these statuses: ${shownStatuses.join(', ')}`,
      parseStatuses,
    )
    .addOption(outputFormatOption(['table', 'tsv', 'json']))
    .action(async (study: string | undefined, flags: StatusFlags) => {
      const all = await studyLines(context);
      if (study !== undefined && all.every((line) => line.study !== study))
        throw studyUnknown(
          study,
          all.map((line) => line.study),
        );
      const chosen = all.filter(
        (line) =>
          (study === undefined || line.study === study) &&
          (flags.status === undefined || flags.status.includes(line.status)),
      );
      const format = flags.format ?? (context.stdout.isTTY ? 'table' : 'tsv');
      if (chosen.length === 0) context.stderr.write(`${emptyText(all)}\n`);
      if (chosen.length === 0 && format !== 'json') return;
      context.stdout.write(formatStudies(chosen, format, textOptions(context), Date.now()));
    });
}

function emptyText(all: readonly StudyLine[]): string {
  return all.length === 0
    ? 'no study yet; `ridgeline run configs/quickstart.yaml` starts one'
    : 'no study has such a status; without --status all are shown';
}

function parseStatuses(text: string): ShownStatus[] {
  return text.split(',').map((word) => {
    const status = shownStatuses.find((known) => known === word.trim());
    if (status !== undefined) return status;
    throw usageError(
      `--status must be a list of ${shownStatuses.join(', ')}, got ${JSON.stringify(text)}.`,
      'For example: --status running,paused.',
    );
  });
}

/** The newest study first. */
async function studyLines(context: Context): Promise<readonly StudyLine[]> {
  const lines = await liveOrStored(context);
  return lines.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
}

/** From the coordinator if one runs, else from the store, without reading secrets. */
async function liveOrStored(context: Context): Promise<readonly StudyLine[]> {
  const stateDir = stateDirectory(context);
  const isRemote = context.flags.coordinator !== undefined;
  if (!isRemote) reportLargeLog(stateDir, context);
  if (isRemote || isStateLocked(stateDir)) {
    try {
      return await withControl(context, (client) => client.listStudies());
    } catch (error) {
      const isAbsent = error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE';
      if (!isAbsent || isRemote) throw error;
    }
  }
  await using reader = await openStoreReader(stateDir);
  const why = isStateLocked(stateDir)
    ? 'the coordinator does not answer'
    : 'no coordinator is running';
  context.stderr.write(`${why}; showing the store${keysHint(stateDir, context)}\n`);
  return await storedOverview(reader, () => isStateLocked(stateDir)).studies();
}

/** A coordinator that keeps its keys elsewhere is not found without --keys. */
function keysHint(stateDir: string, context: Context): string {
  const file = joinFilePath(keysDirectory(context), 'admin');
  if (!isStateLocked(stateDir) || existsSync(file)) return '';
  return ` (there is no ${file}: if the coordinator was started with --keys, add that option)`;
}

function reportLargeLog(stateDir: string, { stderr }: Context): void {
  const bytes = fileBytes(logFile(storeFile(stateDir)));
  if (bytes < largeLogBytes) return;
  stderr.write(
    `the log of the store has ${bytesText(bytes)}: a program that reads the store may keep a transaction open\n`,
  );
}
