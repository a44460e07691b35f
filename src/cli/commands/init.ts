/** `ridgeline init`: writes a first study file for a data set. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { errorMessage, RidgelineError } from '../../base/errors.ts';
import { newStudyText } from '../../config/new-study.ts';
import { datasetInfo } from '../../dataset/catalogue.ts';
import { datasetNames } from '../../study/spec/dataset-names.ts';
import { ambiguousRule, isAmbiguousName } from '../../config/ambiguous-names.ts';
import { namePattern, nameRule } from '../../study/spec/study-schema.ts';
import { dataDirectory, say, type Context } from '../process/context.ts';
import { addCommand, usageError, withDataOption } from '../process/options.ts';
import { formatCommand } from '../process/resume-command.ts';

const schema = fileURLToPath(new URL('../../../configs/study.schema.json', import.meta.url));

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'init', {
    summary: 'writes a study file for a data set',
    description: 'Writes a study file with comments for a data set, with splits of its size.',
    notes: 'Existing files are not replaced.',
    examples: ['ridgeline init', 'ridgeline init wine --data ~/data/wine.npz'],
  });
  withDataOption(command)
    .argument('[name]', 'name of the study and of its file (default: name of the data set)')
    .option('--data <data>', 'path of your own files, or a name of `ridgeline data list`', 'digits')
    .action(async (name: string | undefined, { data }: { readonly data: string }) => {
      await writeStudy(name, data, context);
    });
}

async function writeStudy(name: string | undefined, data: string, context: Context): Promise<void> {
  const file = `${(name ?? nameFrom(data)).replace(/\.ya?ml$/, '')}.yaml`;
  const study = basename(file, '.yaml');
  if (!namePattern.test(study))
    throw usageError(
      `The name ${JSON.stringify(study)} ${nameRule}.`,
      'For example: `ridgeline init my-study`.',
    );
  if (isAmbiguousName(study))
    throw usageError(
      `The name ${ambiguousRule(study)}.`,
      `For example: \`ridgeline init search-${study}\`.`,
    );
  if (existsSync(file))
    throw usageError(
      `${file} exists and is not replaced.`,
      'Give another name, or remove the file.',
    );
  const { shards, ...facts } = await datasetInfo(data, dataDirectory(context));
  const isNamed = datasetNames.some((known) => known === data);
  const folder = resolve(dirname(file));
  const reference = isNamed
    ? ({ key: 'name', value: data } as const)
    : ({ key: 'path', value: relative(folder, resolve(data)) } as const);
  const { dataDir } = context.flags;
  const options = dataDir === undefined ? [] : ['--data-dir', dataDir];
  const toCommand = (command: 'plan' | 'run'): string => formatCommand([command, file, ...options]);
  const commands = { plan: toCommand('plan'), run: toCommand('run') };
  const places = { schemaPath: relative(folder, schema), commands };
  const text = newStudyText(study, { ...facts, shards, reference }, places);
  try {
    // Fails if another process has created the file meanwhile.
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `${file} cannot be written: ${errorMessage(error)}.`,
      'Choose another folder, such as `ridgeline init ~/studies/my-study`.',
      { cause: error },
    );
  }
  for (const warning of facts.warnings) say(context, `warning: ${warning.text}`);
  say(context, `${file} is written; edit it, then run it:`);
  context.stdout.write(`${commands.run}\n`);
}

/** `images` for `~/data/images.npz`. */
function nameFrom(data: string): string {
  const stem = basename(resolve(data)).replace(/\.[^.]*$/, '');
  const name = stem
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return name === '' ? 'my-study' : name.slice(0, 64);
}
