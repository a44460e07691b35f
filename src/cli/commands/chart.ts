/** `ridgeline chart` and `ridgeline report`: pictures of a study, always from the store. */
import { Argument, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { chartKinds, isChartKind, type ChartKind } from '../../report/charts/chart-kinds.ts';
import type { StudyPicture } from '../../report/charts/study-charts.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { checkChartPath, writeChart } from '../results/chart-file.ts';
import { stateDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { withCommonOptions } from '../process/options.ts';
import { writeOutput } from '../results/output-file.ts';
import { readStudyPicture } from '../results/study-picture.ts';

interface ChartFlags extends CommonFlags {
  readonly output: string;
  readonly trial?: string;
}

interface ReportFlags extends CommonFlags {
  readonly output: string;
}

export function addChartCommand(program: Command, context: Context): void {
  const kinds = Object.entries(chartKinds).map(([kind, shows]) => `  ${kind.padEnd(17)} ${shows}`);
  withCommonOptions(program.command('chart'))
    .argument('<study>', 'its name')
    .addArgument(new Argument('<kind>', 'what to draw').choices(Object.keys(chartKinds)))
    .summary('one picture of a study, as SVG or PNG')
    .description('Draws one picture of a study from the store: for a paper, a slide or a message.')
    .requiredOption('-o, --output <file>', 'a file that ends with .svg or .png')
    .option('--trial <name>', 'for curves: this trial, such as coarse/7')
    .addHelpText(
      'after',
      `\nKinds:\n${kinds.join('\n')}\n\nExamples:\n  ridgeline chart quickstart scatter -o scatter.svg\n  ridgeline chart quickstart curves --trial coarse/3 -o curve.png`,
    )
    .action(async (study: string, kind: string, flags: ChartFlags) => {
      checkChartPath(flags.output);
      if (flags.trial !== undefined && kind !== 'curves') {
        throw new RidgelineError(
          'USAGE',
          `--trial chooses whose curves are drawn, and ${kind} shows all trials.`,
          'Leave out --trial, or draw curves.',
        );
      }
      if (!isChartKind(kind)) throw new Error(`commander let the kind ${kind} through`);
      const picture = pictureOf(study, flags, context);
      checkDrawable(kind, picture);
      await writeChart(flags.output, await chartSvg(kind, picture));
      if (flags.quiet !== true) context.stderr.write(`${flags.output} is written\n`);
    });
}

export function addReportCommand(program: Command, context: Context): void {
  withCommonOptions(program.command('report'))
    .argument('<study>', 'its name')
    .summary('everything about a study as one HTML file')
    .description(
      'Writes one self-contained HTML file: the answer, ranked tables, charts, provenance. It loads nothing and runs no script.',
    )
    .requiredOption('-o, --output <file>', 'an HTML file; - for standard output')
    .addHelpText('after', '\nExample:\n  ridgeline report quickstart -o report.html')
    .action(async (study: string, flags: ReportFlags) => {
      const text = await reportText(pictureOf(study, flags, context), context);
      writeOutput(flags.output, text, context.stdout);
      if (flags.output !== '-' && flags.quiet !== true) {
        context.stderr.write(`${flags.output} is written: open it in a browser\n`);
      }
    });
}

async function reportText(picture: StudyPicture, context: Context): Promise<string> {
  const [{ chartDocument }, { studyReport }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/html/study-report.ts'),
  ]);
  const maker = {
    ridgeline: context.version,
    node: process.versions.node,
    writtenAtMs: picture.nowMs,
  };
  return studyReport(picture, maker, chartDocument());
}

function pictureOf(study: string, flags: ChartFlags | ReportFlags, context: Context): StudyPicture {
  using reader = openStoreReader(stateDirOf(context, flags));
  return readStudyPicture(reader, study, Date.now(), 'trial' in flags ? flags.trial : undefined);
}

/** An empty picture would be taken for a result. */
function checkDrawable(kind: ChartKind, picture: StudyPicture): void {
  const { results, attempts, examples } = picture;
  const isEmpty =
    kind === 'timeline'
      ? attempts.length === 0
      : kind === 'curves'
        ? examples.length === 0
        : results.best === null;
  if (!isEmpty) return;
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `Study ${results.study} has no ${kind === 'timeline' ? 'attempt' : 'completed trial'} yet: there is nothing to draw.`,
    `Look at it with \`ridgeline results ${results.study}\`, and draw when a trial is complete.`,
  );
}

async function chartSvg(kind: ChartKind, picture: StudyPicture): Promise<string> {
  const [{ svgText }, { drawStudyChart }, { fileTheme }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/charts/study-charts.ts'),
    import('../../report/charts/chart-style.ts'),
  ]);
  return svgText((document) => drawStudyChart(document, kind, picture, fileTheme));
}
