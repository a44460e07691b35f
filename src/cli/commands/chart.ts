/** `ridgeline chart` and `ridgeline report`: charts and an HTML report of a study, from the store. */
import { Argument, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import {
  chartKinds,
  isChartKind,
  numberKinds,
  type ChartKind,
} from '../../report/charts/chart-kinds.ts';
import type { StudyPicture } from '../../report/charts/study-picture.ts';
import { studyImportance } from '../../report/results/study-importance.ts';
import { say, type Context } from '../process/context.ts';
import { openInBrowser } from '../process/open-in-browser.ts';
import { addCommand, choice, usageError, wholeNumber } from '../process/options.ts';
import {
  chartContent,
  chartThemes,
  checkChartPath,
  type ChartLook,
} from '../results/chart-file.ts';
import { withNumber } from '../results/chart-number.ts';
import { writeOutput } from '../results/output-file.ts';
import { readStudyPicture } from '../results/study-picture.ts';

interface ChartFlags extends ChartLook {
  readonly output: string;
  readonly trial?: string;
  readonly parameter?: string;
}

export function addCommands(program: Command, context: Context): void {
  const kinds = Object.entries(chartKinds).map(([kind, shows]) => `  ${kind.padEnd(17)} ${shows}`);
  addCommand(program, 'chart', {
    summary: 'draws a chart of a study as SVG, PNG or PDF',
    description: 'Draws one chart of a study, from the store, as SVG, PNG or PDF.',
    examples: [
      'ridgeline chart quickstart scatter -o scatter.svg',
      'ridgeline chart quickstart curves --trial coarse/3 -o curve.png',
      'ridgeline chart wide importance -o importance.svg',
      'ridgeline chart wide scatter --parameter lambda -o lambda.svg',
      'ridgeline chart quickstart scatter --width 480 --title none -o figure.pdf',
    ],
  })
    .argument('<study>', 'study name')
    .addArgument(new Argument('<kind>', 'kind of chart').choices(Object.keys(chartKinds)))
    .requiredOption(
      '-o, --output <file>',
      'output file, ending with .svg, .png or .pdf; - for SVG on standard output',
    )
    .option('--trial <name>', 'trial of the curves, such as coarse/7')
    .option(
      '--parameter <name>',
      'number on the axis of a chart of one hyperparameter, if the study searches several',
    )
    .addOption(wholeNumber('--width <n>', 'width in pixels of 1/96 inch (default: 760)', 300, 4000))
    .addOption(wholeNumber('--height <n>', 'height in the same pixels', 200, 4000))
    .option('--title <text>', "heading instead of the chart's own; none for none")
    .addOption(choice('--theme <theme>', 'colours', chartThemes, 'light'))
    .addHelpText('after', `\nKinds:\n${kinds.join('\n')}`)
    .action(async (study: string, kind: string, flags: ChartFlags) => {
      const { output, trial, parameter, ...look } = flags;
      if (output !== '-') checkChartPath(output);
      if (trial !== undefined && kind !== 'curves')
        throw usageError(
          `--trial selects a curve, but ${kind} shows all trials.`,
          'Leave out --trial, or draw curves.',
        );
      if (!isChartKind(kind)) throw new Error(`commander accepted the kind ${kind}`);
      const curves = kind === 'all-curves';
      if (parameter !== undefined && !numberKinds.includes(kind))
        throw usageError(
          `--parameter selects the number of an axis, but ${kind} has none.`,
          `Leave out --parameter, or draw one of ${numberKinds.join(', ')}.`,
        );
      const read = await readStudyPicture(context, study, { trial, curves });
      const picture = numberKinds.includes(kind) ? withNumber(read, kind, parameter) : read;
      checkDrawable(kind, picture);
      const { drawStudyChart } = await import('../../report/charts/study-charts.ts');
      const content = await chartContent(
        output,
        (document, theme) => drawStudyChart(document, kind, picture, theme),
        look,
      );
      writeOutput(output, content, context);
    });
  addReport(program, context);
}

function addReport(program: Command, context: Context): void {
  addCommand(program, 'report', {
    summary: 'writes a study as one HTML file',
    description:
      'Writes a self-contained HTML report of a study: winner, ranked tables, charts, provenance.',
    notes: 'The file loads no other files and runs no scripts.',
    examples: ['ridgeline report quickstart -o report.html'],
  })
    .argument('<study>', 'study name')
    .requiredOption('-o, --output <file>', 'output file (HTML); - for standard output')
    .option('--open', 'open the file in the browser')
    .action(async (study: string, { output, open = false }: ReportFlags) => {
      if (open && output === '-')
        throw usageError('--open needs a file, got -o -.', 'Write -o report.html.');
      const text = await reportText(await readStudyPicture(context, study), context.version);
      writeOutput(output, text, context);
      if (open) await openInBrowser(output, context);
      else if (output !== '-') say(context, 'open it in a browser, or add --open');
    });
}

interface ReportFlags extends ChartFlags {
  readonly open?: boolean;
}

async function reportText(picture: StudyPicture, ridgeline: string): Promise<string> {
  const [{ chartDocument }, { studyReport }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/html/study-report.ts'),
  ]);
  const maker = { ridgeline, node: process.versions.node, writtenAtMs: picture.nowMs };
  return studyReport(picture, maker, chartDocument());
}

/** Refuses an empty chart, which would look like a result. @throws RidgelineError TRIAL_UNKNOWN */
function checkDrawable(
  kind: ChartKind,
  { results, attempts, examples, trials }: StudyPicture,
): void {
  const isTimeline = kind === 'timeline';
  const isComplete = kind === 'curves' ? examples.length > 0 : results.best !== null;
  if (isTimeline ? attempts.length === 0 : !isComplete)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `Study ${results.study} has no ${isTimeline ? 'attempt' : 'completed trial'}, so the chart would be empty.`,
      `Check it with \`ridgeline results ${results.study}\`, and draw the chart when a trial is complete.`,
    );
  if (kind === 'all-curves' && trials.every(({ result }) => (result?.curve.length ?? 0) < 2))
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `The trials of study ${results.study} were measured once, so they have no curves.`,
      'Write `measure: epoch` into the trainer section of the study file, and run it under another name.',
    );
  const compared = results.stages.flatMap(({ rows }) =>
    rows.filter(({ comparison }) => comparison),
  );
  if ((kind === 'importance' || kind === 'pair') && studyImportance(results) === null)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `The importance of the hyperparameters of study ${results.study} is unknown.`,
      'It needs two hyperparameters and 20 trained configurations with different values. Draw `slices` instead.',
    );
  if (kind === 'difference' && compared.length < 2)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `The trials of study ${results.study} were not compared image by image.`,
      'Draw `scatter`, or give the study the objective validation_accuracy and at least two trials.',
    );
}
