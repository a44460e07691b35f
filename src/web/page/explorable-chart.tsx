/**
 * Explorable chart: a chart of dots that shows the trial under the pointer, opens it with a click, and zooms
 * into a rectangle that a mouse draws. A tap of a finger shows a trial; its name in the box is a link.
 */
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartElement } from '../../report/charts/chart-style.ts';
import { Chart } from './chart.tsx';
import {
  dotAt,
  dotPlaces,
  zoomBetween,
  type DotPlace,
  type Place,
  type Zoom,
} from './dot-places.ts';
import type { HoveredTrial } from './hovered-trial.ts';

/** A shorter movement of the mouse is a click. */
const clickMax = 6;

interface ExplorableChartProps {
  readonly drawnFor: string;
  readonly draw: (width: number) => ChartElement;
  readonly hovered: HoveredTrial;
  /** What the box next to a dot shows. */
  readonly describe: (trial: string) => ComponentChildren;
  readonly onOpen: (trial: string) => void;
  readonly onZoom: (zoom: Zoom) => void;
}

export function ExplorableChart(props: ExplorableChartProps) {
  const { drawnFor, draw, describe } = props;
  const box = useRef<HTMLDivElement>(null);
  const { shown, brush, width, ...handlers } = usePointer(box, props);
  return (
    <div class={`explorable${shown === null ? '' : ' over'}`} ref={box} {...handlers}>
      <Chart drawnFor={drawnFor} draw={draw} />
      {shown !== null && (
        <Box dot={shown} isOnLeft={shown.x > width / 2}>
          {describe(shown.trial)}
        </Box>
      )}
      {brush !== null && <Brush from={brush[0]} to={brush[1]} />}
    </div>
  );
}

/** The dots of the chart in `box`, measured again after it was drawn again or has another width. */
function useDots(box: RefObject<HTMLDivElement>): () => MeasuredChart | null {
  const known = useRef<MeasuredChart>(null);
  return () => {
    const chart = box.current?.querySelector('svg');
    if (!chart) return null;
    const { width } = chart.getBoundingClientRect();
    if (known.current?.chart !== chart || known.current.width !== width)
      known.current = { chart, width, dots: dotPlaces(chart) };
    return known.current;
  };
}

interface MeasuredChart {
  readonly chart: SVGSVGElement;
  readonly width: number;
  readonly dots: readonly DotPlace[];
}

/** The dot under the pointer, the rectangle that is being drawn, and the handlers that change them. */
function usePointer(
  box: RefObject<HTMLDivElement>,
  { drawnFor, hovered, onOpen, onZoom }: ExplorableChartProps,
) {
  const measure = useDots(box);
  const [shown, setShown] = useState<DotPlace | null>(null);
  const [brush, setBrush] = useState<readonly [from: Place, to: Place] | null>(null);
  const find = (place: Place): DotPlace | null => dotAt(measure()?.dots ?? [], place);
  useEffect(
    () =>
      hovered.listen((trial) =>
        setShown(measure()?.dots.find((dot) => dot.trial === trial) ?? null),
      ),
    [hovered],
  );
  // A dot may have moved.
  useEffect(() => setShown(null), [drawnFor]);
  const placeOf = ({ clientX, clientY }: PointerEvent): Place => {
    const origin = box.current?.getBoundingClientRect();
    return { x: clientX - (origin?.left ?? 0), y: clientY - (origin?.top ?? 0) };
  };
  return {
    shown,
    brush,
    width: box.current?.clientWidth ?? 0,
    onPointerMove: (event: PointerEvent): void => {
      if (isInBox(event)) return;
      if (brush === null) setShown(find(placeOf(event)));
      else setBrush([brush[0], placeOf(event)]);
    },
    onPointerDown: (event: PointerEvent): void => {
      // A finger scrolls the page.
      if (event.pointerType !== 'mouse' || event.button !== 0 || isInBox(event)) return;
      box.current?.setPointerCapture(event.pointerId);
      event.preventDefault();
      setBrush([placeOf(event), placeOf(event)]);
    },
    onPointerUp: (event: PointerEvent): void => {
      if (isInBox(event)) return;
      setBrush(null);
      const place = placeOf(event);
      const from = brush?.[0] ?? place;
      const isClick = Math.hypot(place.x - from.x, place.y - from.y) < clickMax;
      const dot = find(place);
      const chart = measure()?.chart;
      const zoom = isClick || chart === undefined ? null : zoomBetween(chart, from, place);
      if (zoom !== null) onZoom(zoom);
      else if (isClick && dot !== null && event.pointerType === 'mouse') onOpen(dot.trial);
      else setShown(dot);
    },
    onPointerCancel: (): void => setBrush(null),
    onPointerLeave: ({ pointerType }: PointerEvent): void => {
      if (pointerType === 'mouse') setShown(null);
    },
  };
}

function isInBox({ target }: PointerEvent): boolean {
  return target instanceof Element && target.closest('.tip') !== null;
}

interface BoxProps {
  readonly dot: DotPlace;
  /** Whether the box is on the left of the dot. */
  readonly isOnLeft: boolean;
  readonly children: ComponentChildren;
}

function Box({ dot: { x, y }, isOnLeft, children }: BoxProps) {
  return (
    <>
      <span class="ring" style={{ left: `${x}px`, top: `${y}px` }} />
      <div class={`tip${isOnLeft ? ' left' : ''}`} style={{ left: `${x}px`, top: `${y}px` }}>
        {children}
      </div>
    </>
  );
}

function Brush({ from, to }: { readonly from: Place; readonly to: Place }) {
  const style = {
    left: `${Math.min(from.x, to.x)}px`,
    top: `${Math.min(from.y, to.y)}px`,
    width: `${Math.abs(to.x - from.x)}px`,
    height: `${Math.abs(to.y - from.y)}px`,
  };
  return <span class="brush" style={style} />;
}
