/** Precedence of options, environment, configuration file and defaults. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { applyConfig } from '../../../src/cli/process/apply-config.ts';
import { addCommand, withDataOption, wholeNumber } from '../../../src/cli/process/options.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

test('an option has precedence over the environment, the environment over the file, the file over defaults', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'own.yaml');
  writeFileSync(file, 'state: /file\ndata_dir: /file-data\nthreads: 4\ncolor: never\n');
  const optionsAfter = async (argv: readonly string[], env: NodeJS.ProcessEnv) => {
    const program = new Command();
    const text = { summary: 'works', examples: ['ridgeline work'] };
    const command = withDataOption(addCommand(program, 'work', text));
    command.addOption(wholeNumber('--threads <n>', 'threads', 1, 256)).action(() => undefined);
    await program.parseAsync(['work', ...argv], { from: 'user' });
    await applyConfig(command, env);
    const { state, dataDir, threads, color } = command.opts();
    return [state, dataDir, threads, color];
  };
  const unset = [undefined, undefined, undefined, 'auto'];
  expect(await optionsAfter([], { XDG_CONFIG_HOME: directory.path })).toEqual(unset);
  const given = ['--config', file];
  expect(await optionsAfter(given, {})).toEqual(['/file', '/file-data', 4, 'never']);
  const environment = { RIDGELINE_DATA: '/environment', NO_COLOR: '1' };
  expect(await optionsAfter(given, environment)).toEqual(['/file', undefined, 4, 'auto']);
  const options = ['--state', 'x', '--data-dir', 'y', '--threads', '2', '--color', 'auto'];
  expect(await optionsAfter([...given, ...options], environment)).toEqual(['x', 'y', 2, 'auto']);
});
