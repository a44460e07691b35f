/** Marks of a parameter scatter: ranges, fit, dots, failed trials, and the best trial with its label. */
import * as Plot from '@observablehq/plot';
import { metricText } from '../text/number-format.ts';
import { scientificText } from './axes.ts';
import { colorAt, ink, shapeAt } from './chart-style.ts';
import { panelMargins } from './chart-frame.ts';
import { labelMark, ringRadius } from './label-mark.ts';
import { namedDots } from './page-hooks.ts';
import { insideDomain, type Dot, type Scene } from './scatter-scene.ts';
import { textWidth } from './text-size.ts';

type Domain = readonly [number, number];

/** A band that is higher than this share of a panel would only tint it. */
const bandShareMax = 0.5;

/** A bar above the panel for each range that another stage's results gave. */
export function rangeMarks({ input, range, theme }: Scene, domain: Domain): Plot.Markish[] {
  return input.stages
    .filter((stage) => stage.isNarrowed)
    .flatMap((stage, index): Plot.Markish[] => {
      const min = Math.max(range.min, stage.range?.min ?? Infinity);
      const max = Math.min(range.max, stage.range?.max ?? -Infinity);
      if (min >= max) return [];
      const stroke = colorAt(input.stages.indexOf(stage), theme);
      const bar = { x1: 'min', x2: 'max', stroke, strokeWidth: 4, strokeOpacity: 0.55 };
      return [Plot.ruleY([{ min, max }], { ...bar, y: () => domain[1], dy: -4 - 7 * index })];
    });
}

export function rangeCount({ input }: Pick<Scene, 'input'>): number {
  return input.stages.filter(({ isNarrowed, range }) => isNarrowed && range !== null).length;
}

export function fitMarks({ fit }: Scene, domain: Domain): Plot.Markish[] {
  if (fit === null) return [];
  // The band is cut here, because a clip path needs an id that is unique in the page.
  const points = insideDomain(fit.points, domain);
  const line = {
    x: 'at',
    y: 'fit',
    z: 'segment',
    stroke: ink,
    strokeOpacity: 0.75,
    strokeWidth: 1.6,
  };
  const heights = points.map(({ low, high }) => high - low).toSorted((a, b) => a - b);
  const middle = heights[Math.floor(heights.length / 2)] ?? 0;
  const hasBand = middle < bandShareMax * (domain[1] - domain[0]);
  const band = { x: 'at', y1: 'low', y2: 'high', z: 'segment', fill: ink, fillOpacity: 0.1 };
  return [
    hasBand ? Plot.areaY(points, band) : null,
    Plot.line(points, line),
    fit.bestAt === null ? null : Plot.ruleX([fit.bestAt], { stroke: ink, strokeDasharray: '6 3' }),
  ];
}

export function dotMarks({ input, dots: byStage, replicates, theme }: Scene, domain: Domain) {
  const isInside = ({ value }: Pick<Dot, 'value'>): boolean =>
    value >= domain[0] && value <= domain[1];
  const count = [...byStage.values()].reduce((sum, dots) => sum + dots.length, 0);
  const r = count > 1000 ? 2 : count > 200 ? 3 : 4.5;
  return input.stages.flatMap(({ name }, index): Plot.Markish[] => {
    const dots = (byStage.get(name) ?? []).filter(isInside);
    const own = replicates.filter((one) => one.stage === name && isInside(one));
    const color = colorAt(index, theme);
    const shared = { x: 'at', y: 'value', symbol: shapeAt(index), r, stroke: color };
    const hollow = dots.filter((dot) => dot.isHollow);
    const filled = dots.filter((dot) => !dot.isHollow);
    return [
      own.length === 0
        ? null
        : Plot.dot(own, { x: 'at', y: 'value', r: 1.6, fill: color, fillOpacity: 0.6 }),
      Plot.dot(hollow, {
        ...shared,
        ...namedDots(hollow, theme),
        strokeWidth: 1.3,
        fill: theme.background,
      }),
      Plot.dot(filled, {
        ...shared,
        ...namedDots(filled, theme),
        fill: color,
        fillOpacity: 0.85,
        strokeWidth: 0.8,
      }),
    ];
  });
}

export function failedMarks({ failed, theme }: Scene, domain: Domain): Plot.Markish[] {
  if (failed.length === 0) return [];
  const place = { x: 'at', y: () => domain[0], dy: -6, stroke: ink } as const;
  const [lost, stopped] = [false, true].map((is) =>
    failed.filter(({ isStopped = false }) => isStopped === is),
  );
  const square = { symbol: 'square2', r: 2.5, strokeOpacity: 0.7 } as const;
  return [
    Plot.dot(stopped, { ...place, ...square, ...namedDots(stopped ?? [], theme) }),
    Plot.dot(lost, {
      ...place,
      symbol: 'times',
      r: 4,
      strokeWidth: 1.6,
      ...namedDots(lost ?? [], theme),
    }),
  ];
}

/** A ring around the best trial. */
export function ringMarks({ best }: Scene): Plot.Markish[] {
  if (best === null) return [];
  return [Plot.dot([best], { x: 'at', y: 'value', r: ringRadius, stroke: ink, strokeWidth: 1.8 })];
}

/** The name and the numbers of the best trial. */
export function labelMarks(scene: Scene, domain: Domain, width: number): Plot.Markish[] {
  const { best, dots, fit, theme } = scene;
  const texts = bestTexts(scene);
  if (best === null || texts === null) return [];
  const lines = labelLines(texts, width - panelMargins.marginLeft - 4);
  const obstacles = [
    ...[...dots.values()].flat().map(({ at, value }) => ({ x: at, y: value })),
    ...insideDomain(fit?.points ?? [], domain).map((point) => ({ x: point.at, y: point.fit })),
    ...ruleObstacles(fit?.bestAt ?? null, domain),
  ].filter(({ y }) => y >= domain[0] && y <= domain[1]);
  return [labelMark(lines, { x: best.at, y: best.value }, obstacles, theme)];
}

/** Points of the rule at the best place of the fit. */
function ruleObstacles(at: number | null, [low, high]: Domain): { x: number; y: number }[] {
  if (at === null) return [];
  return Array.from({ length: 30 }, (_, index) => ({
    x: at,
    y: low + (index / 29) * (high - low),
  }));
}

/** The best trial and its numbers; null without one. */
export function bestTexts({ input, best, bestLabel, scale, sharing }: Scene) {
  if (best === null || bestLabel === null) return null;
  const value = metricText(input.metric, best.value / scale) ?? '';
  const shared = sharing > 1 ? `; ${sharing} trials share this value` : '';
  const numbers = `${input.symbol} ${scientificText(best.parameter)}, ${value}`;
  return { name: bestLabel, numbers: `${numbers}${shared}` };
}

/** One line if there is room for it, else several, with the name cut to the width. */
function labelLines({ name, numbers }: { name: string; numbers: string }, room: number): string[] {
  const whole = `${name}: ${numbers}`;
  if (textWidth(whole, true) <= Math.min(room, 420)) return [whole];
  const [first = '', ...rest] = numbers.split('; ');
  if (textWidth(`${name}: ${first}`, true) <= room) return [`${name}: ${first}`, ...rest];
  let cut = name;
  while (cut.length > 1 && textWidth(`${cut}…:`, true) > room) cut = cut.slice(0, -1);
  return [cut === name ? `${name}:` : `${cut}…:`, first, ...rest];
}
