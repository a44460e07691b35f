/**
 * Page hooks: what a page needs to react to the pointer over a chart: the trials of the dots, and the scales of
 * the panels. Files have neither.
 */
import type * as Plot from '@observablehq/plot';
import type { ChartElement, ChartTheme } from './chart-style.ts';

/** A panel of a drawn chart. Positions are in the units of the chart's `viewBox`. */
export interface PanelScales {
  /** Distance of the panel from the top of the chart. */
  readonly top: number;
  /** Position to value and back, from the panel's own origin. */
  readonly x: Plot.Scale;
  readonly y: Plot.Scale;
}

const scales = new WeakMap<ChartElement, readonly PanelScales[]>();

export function keepScales(chart: ChartElement, panels: readonly PanelScales[]): void {
  scales.set(chart, panels);
}

/** The panels of a chart that is in a page; empty for other elements. */
export function panelScales(chart: ChartElement): readonly PanelScales[] {
  return scales.get(chart) ?? [];
}

/** The attribute that names the trial of a dot. */
export const trialAttribute = 'data-trial';

/** Plot's option that gives each dot of `trials` its name in a page; no option for a file. */
export function namedDots(
  trials: readonly { readonly trial: string }[],
  theme: ChartTheme,
): Pick<Plot.MarkOptions, 'render'> {
  if (theme.isFile) return {};
  return {
    render: (index, scaleFunctions, values, dimensions, context, next) => {
      const group = next?.(index, scaleFunctions, values, dimensions, context) ?? null;
      for (const [at, dot] of [...(group?.children ?? [])].entries())
        dot.setAttribute(trialAttribute, trials[index[at] ?? -1]?.trial ?? '');
      return group;
    },
  };
}
