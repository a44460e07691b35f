/** `ridgeline data`: lists, describes, downloads and imports data sets. */
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import {
  datasetInfo,
  listDatasets,
  type DatasetEntry,
  type DatasetInfo,
} from '../../dataset/catalogue.ts';
import { fetchDataset } from '../../dataset/download/fetch.ts';
import { importDataset } from '../../dataset/download/import.ts';
import { jsonText } from '../../report/text/json-value.ts';
import { dataDirectory, say, type Context } from '../process/context.ts';
import { addCommand, addGroup, formatOption, withDataOption } from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { printResult, showLine } from '../process/terminal.ts';

interface FetchFlags {
  readonly url?: string;
  readonly sha256?: string;
}

export function addCommands(program: Command, context: Context): void {
  const data = addGroup(program, 'data', {
    summary: 'lists, describes, downloads and imports data sets',
    examples: ['ridgeline data list'],
  });
  const add = (name: string, summary: string, ...examples: string[]): Command =>
    withDataOption(addCommand(data, name, { summary, examples }));
  add('list', 'lists the data sets and their locations', 'ridgeline data list')
    .addOption(formatOption())
    .action(async () => {
      const entries = await listDatasets(dataDirectory(context));
      printResult(context, entries, jsonText, (all) => all.map(entryText).join(''));
    });
  add(
    'info',
    'shows the shards, records, digests and classes of a data set',
    'ridgeline data info digits',
    'ridgeline data info ~/data/images.npz',
  )
    .argument('<name>', 'name, as in `ridgeline data list`, or path of your own files')
    .addOption(formatOption())
    .action(async (name: string) => {
      const info = await datasetInfo(name, dataDirectory(context));
      const texts = info.warnings.map(({ text }) => text);
      const toJson = (all: DatasetInfo): string =>
        jsonText({ ...all, warnings: texts, warning_details: all.warnings });
      printResult(context, info, toJson, infoText);
    });
  add(
    'fetch',
    'downloads a data set, and resumes an interrupted download',
    'ridgeline data fetch cifar10',
  )
    .argument('<name>', 'name, as in `ridgeline data list`')
    .option('--url <address>', 'address of another source')
    .option('--sha256 <digest>', 'checksum of that source')
    .action(async (name: string, flags: FetchFlags) => await fetchCommand(name, flags, context));
  add(
    'import',
    'checks an archive or folder and copies it to the data directory',
    'ridgeline data import cifar10 ~/Downloads/cifar-10-binary.tar.gz',
  )
    .argument('<name>', 'name of the data set')
    .argument('<path>', 'path of the archive or folder')
    .action(async (name: string, path: string) => {
      const dataDir = dataDirectory(context);
      const imported = await importDataset(path, { dataDir, name });
      const shards = imported.shards.map((shard) => `${shard.name} (${shard.count} records)`);
      context.stderr.write(
        `${name} is at ${imported.path}: ${shards.join(', ')}${officialText(imported.official)}\n`,
      );
    });
}

async function fetchCommand(name: string, flags: FetchFlags, context: Context): Promise<void> {
  const stop = new AbortController();
  using _signals = new StopSignals(() => stop.abort());
  let lastMs = 0;
  try {
    const fetched = await fetchDataset(name, {
      dataDir: dataDirectory(context),
      env: context.env,
      url: flags.url,
      sha256: flags.sha256,
      signal: stop.signal,
      onWait: (text) => say(context, text),
      onRetry: (text) => say(context, text),
      onProgress: (received, total) => {
        const nowMs = performance.now();
        if (nowMs - lastMs < 200) return;
        lastMs = nowMs;
        showLine(context, progressText(received, total));
      },
    });
    showLine(context, null);
    context.stderr.write(
      `${name} is at ${fetched.path}, checksum verified${officialText(fetched.official)}\n`,
    );
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new RidgelineError(
      'DOWNLOAD_FAILED',
      'The download was interrupted; the received bytes are kept.',
      `Resume it with \`ridgeline data fetch ${name}\`.`,
    );
  }
}

function progressText(received: number, total: number | null): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  if (total === null) return megabytes(received);
  const filled = Math.round((24 * received) / total);
  return `[${'#'.repeat(filled)}${'.'.repeat(24 - filled)}] ${megabytes(received)} of ${megabytes(total)}`;
}

function officialText(official: boolean | null): string {
  if (official === null) return '';
  return `; ${official ? 'it is' : 'not'} the official release${official ? '' : ' (checksums differ)'}`;
}

function entryText(entry: DatasetEntry): string {
  const { name, source, shards, problem } = entry;
  const lines = [`${name.padEnd(14)} ${entry.description}`];
  const line = (text: string): void => void lines.push(`${' '.repeat(15)}${text}`);
  if (problem !== null) line(`cannot be used: ${problem}`);
  else if (source !== null)
    line(`found: ${source}${officialText(entry.official)}; shards: ${shards.join(', ')}`);
  else {
    line(`not found; searched: ${entry.paths.join(', ')}`);
    if (entry.fetchable) line(`download it: \`ridgeline data fetch ${name}\``);
  }
  return `${lines.join('\n')}\n`;
}

function infoText(info: DatasetInfo): string {
  const lines = [
    `${info.name}: ${info.description}`,
    `source   ${info.source}${info.format === null ? '' : ` (${info.format})`}${officialText(info.official)}`,
    `images   ${info.channels} × ${info.height} × ${info.width}, pixels 0 … ${info.pixelMax}, ${info.classes} classes`,
  ];
  if (info.classNames !== null) lines.push(`classes  ${info.classNames.join(', ')}`);
  for (const { name, count, digest, classCounts, pixelMean } of info.shards) {
    lines.push(
      `shard    ${name}: ${count} records, mean pixel ${pixelMean.toFixed(2)}, per class ${classCounts.join(' ')}`,
      `         sha256 ${digest}`,
    );
  }
  for (const { text } of info.warnings) lines.push(`warning: ${text}`);
  return `${lines.join('\n')}\n`;
}
