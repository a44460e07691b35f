/** `ridgeline data`: which data sets there are, what is in them, how to get them. */
import { Option, type Command } from 'commander';
import {
  datasetInfo,
  listDatasets,
  type DatasetEntry,
  type DatasetInfo,
} from '../../dataset/catalogue.ts';
import { fetchDataset } from '../../dataset/download/fetch.ts';
import { importDataset } from '../../dataset/download/import.ts';
import { RidgelineError } from '../../base/errors.ts';
import { dataDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';

interface DataFlags extends CommonFlags {
  readonly format?: 'table' | 'json';
}

interface FetchFlags extends CommonFlags {
  readonly url?: string;
  readonly sha256?: string;
}

export function addDataCommand(program: Command, context: Context): void {
  const data = program
    .command('data')
    .summary('data sets: list, info, fetch, import')
    .description('Data sets: which there are, what is in them, how to get them.');
  const command = (name: string, description: string, example: string): Command =>
    withDataOption(withCommonOptions(data.command(name)))
      .description(description)
      .addHelpText('after', `\nExample:\n  ${example}`);
  const format = (): Option =>
    new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table');
  command('list', 'Lists the data sets and where they were found.', 'ridgeline data list')
    .addOption(format())
    .action(async (flags: DataFlags) => {
      const entries = await listDatasets(dataDirOf(context, flags));
      context.stdout.write(
        flags.format === 'json'
          ? `${JSON.stringify(entries, null, 2)}\n`
          : entries.map(entryLines).join(''),
      );
    });
  command(
    'info',
    'Shows what is in a data set: parts, records, digests, classes.',
    'ridgeline data info digits\n  ridgeline data info ~/data/images.npz',
  )
    .argument('<name>', 'as `ridgeline data list` shows it, or the path of files of your own')
    .addOption(format())
    .action(async (name: string, flags: DataFlags) => {
      const info = await datasetInfo(name, dataDirOf(context, flags));
      context.stdout.write(
        flags.format === 'json' ? `${JSON.stringify(info, null, 2)}\n` : infoText(info),
      );
    });
  command(
    'fetch',
    'Downloads a data set; started again, it goes on where it was.',
    'ridgeline data fetch cifar10',
  )
    .argument('<name>', 'as `ridgeline data list` shows it')
    .option('--url <address>', 'another source than the official one')
    .option('--sha256 <digest>', 'the checksum of that source')
    .action(async (name: string, flags: FetchFlags) => await fetchCommand(name, flags, context));
  command(
    'import',
    'Checks an archive or unpacked folder and copies it to where studies find it.',
    'ridgeline data import cifar10 ~/Downloads/cifar-10-binary.tar.gz',
  )
    .argument('<name>', 'which data set it is')
    .argument('<path>', 'the archive or folder')
    .action(async (name: string, path: string, flags: CommonFlags) => {
      const imported = await importDataset(path, { dataDir: dataDirOf(context, flags), name });
      const parts = imported.parts.map((part) => `${part.name} (${part.count} records)`).join(', ');
      context.stderr.write(
        `${name} is at ${imported.path}: ${parts}${officialText(imported.official)}\n`,
      );
    });
}

async function fetchCommand(name: string, flags: FetchFlags, context: Context): Promise<void> {
  const stop = new AbortController();
  using _signals = new StopSignals(() => stop.abort());
  let lastMs = 0;
  const { url, sha256 } = flags;
  try {
    const fetched = await fetchDataset(name, {
      dataDir: dataDirOf(context, flags),
      url,
      sha256,
      signal: stop.signal,
      onProgress: (received, total) => {
        const nowMs = performance.now();
        if (flags.quiet === true || !context.stderr.isTTY || nowMs - lastMs < 200) return;
        lastMs = nowMs;
        context.stderr.write(`\r${progressText(received, total)}`);
      },
    });
    if (context.stderr.isTTY) context.stderr.write('\r\u001B[K');
    context.stderr.write(
      `${name} is at ${fetched.path}, checksum right${officialText(fetched.official)}\n`,
    );
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new RidgelineError(
      'DOWNLOAD_FAILED',
      'Stopped; what came so far is kept.',
      `Go on with \`ridgeline data fetch ${name}\`.`,
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
  return official
    ? '; it is the official release'
    : '; its hashes are not those of the official release';
}

function entryLines({
  name,
  description,
  source,
  parts,
  official,
  problem,
  paths,
  fetchable,
}: DatasetEntry): string {
  const lines = [`${name.padEnd(14)} ${description}`];
  const line = (text: string): void => void lines.push(`${' '.repeat(15)}${text}`);
  if (problem !== null) line(`cannot be used: ${problem}`);
  else if (source !== null)
    line(`found: ${source}${officialText(official)}; parts: ${parts.join(', ')}`);
  else {
    line(`not here; looked for: ${paths.join(', ')}`);
    if (fetchable) line(`\`ridgeline data fetch ${name}\` gets it`);
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
  for (const { name, count, digest, classCounts, pixelMean } of info.parts) {
    lines.push(
      `part     ${name}: ${count} records, mean pixel ${pixelMean.toFixed(2)}, per class ${classCounts.join(' ')}`,
      `         sha256 ${digest}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
