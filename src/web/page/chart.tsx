/** Chart: draws a chart again after a change of its data or of the width of its container. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartElement } from '../../report/charts/chart-style.ts';

interface ChartProps {
  /** The chart is redrawn when this changes. */
  readonly drawnFor: string;
  readonly draw: (width: number) => ChartElement;
}

export function Chart({ drawnFor, draw }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      setWidth(Math.round(entry?.contentRect.width ?? 0));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width > 0) place.current?.replaceChildren(draw(width));
  }, [drawnFor, width]);
  return <div class="chart" ref={place} />;
}
