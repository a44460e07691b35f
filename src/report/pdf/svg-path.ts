/** SVG path: the operators of PDF that draw the path data of charts, and circles and boxes as path data. */
import { assert } from '../../base/assert.ts';
import { pdfNumber } from './pdf-file.ts';

type Point = readonly [number, number];

/** Distance of the control points that make a quarter of a circle, as a share of the radius. */
const quarter = (4 / 3) * (Math.SQRT2 - 1);

/** What a command draws from a point: its operators, and where it ends. */
interface Drawn {
  readonly operators: readonly string[];
  readonly end: Point;
}

interface Command {
  /** How many numbers it takes. */
  readonly numbers: number;
  draw(from: Point, numbers: readonly number[]): Drawn;
}

function lineTo(x: number, y: number): Drawn {
  return { operators: [`${pdfNumber(x)} ${pdfNumber(y)} l`], end: [x, y] };
}

const close: Command = { numbers: 0, draw: (from) => ({ operators: ['h'], end: from }) };

const commands: Readonly<Record<string, Command>> = {
  M: {
    numbers: 2,
    draw: (_, [x = 0, y = 0]) => {
      return { operators: [`${pdfNumber(x)} ${pdfNumber(y)} m`], end: [x, y] };
    },
  },
  L: { numbers: 2, draw: (_, [x = 0, y = 0]) => lineTo(x, y) },
  H: { numbers: 1, draw: ([, y], [x = 0]) => lineTo(x, y) },
  h: { numbers: 1, draw: ([x, y], [dx = 0]) => lineTo(x + dx, y) },
  V: { numbers: 1, draw: ([x], [y = 0]) => lineTo(x, y) },
  v: { numbers: 1, draw: ([x, y], [dy = 0]) => lineTo(x, y + dy) },
  C: {
    numbers: 6,
    draw: (_, points) => {
      const end: Point = [points[4] ?? 0, points[5] ?? 0];
      return { operators: [`${points.map(pdfNumber).join(' ')} c`], end };
    },
  },
  A: {
    numbers: 7,
    draw: (from, [radius = 0, other, , large, sweep, x = 0, y = 0]) => {
      assert(radius === other, 'arcs of charts are circular');
      const end: Point = [x, y];
      return { operators: arcOperators(from, end, radius, large === 1, sweep === 1), end };
    },
  },
  Z: close,
  z: close,
};

/** @param data with the commands that charts have; arcs are parts of circles */
export function pathOperators(data: string): string {
  const operators: string[] = [];
  let point: Point = [0, 0];
  for (const [, letter = '', numbers = ''] of data.matchAll(/([a-zA-Z])([^a-df-zA-Z]*)/g)) {
    const command = commands[letter];
    assert(command, () => `a path of a chart has no command ${letter}`);
    const values = (numbers.match(/-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?/g) ?? []).map(Number);
    // Without a letter, the last command is repeated.
    for (let at = 0; at === 0 || at < values.length; at += command.numbers) {
      const drawn = command.draw(point, values.slice(at, at + command.numbers));
      operators.push(...drawn.operators);
      point = drawn.end;
      if (command.numbers === 0) break;
    }
  }
  return operators.join('\n');
}

/** A circle as four curves. */
export function circleData(x: number, y: number, r: number): string {
  const k = quarter * r;
  const curve = (...numbers: number[]): string => `C${numbers.join(',')}`;
  return [
    `M${x + r},${y}`,
    curve(x + r, y + k, x + k, y + r, x, y + r),
    curve(x - k, y + r, x - r, y + k, x - r, y),
    curve(x - r, y - k, x - k, y - r, x, y - r),
    curve(x + k, y - r, x + r, y - k, x + r, y),
    'Z',
  ].join('');
}

export function boxData(x: number, y: number, width: number, height: number): string {
  return `M${x},${y}h${width}v${height}h${-width}Z`;
}

/** Curves of at most a quarter of a circle each. */
function arcOperators(
  from: Point,
  to: Point,
  radius: number,
  isLarge: boolean,
  isClockwise: boolean,
): string[] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const half = Math.hypot(dx, dy) / 2;
  if (half === 0) return [];
  const r = Math.max(radius, half);
  // The centre is beside the middle of the chord, on the side that the flags choose.
  const side = (isLarge === isClockwise ? -1 : 1) * (Math.sqrt(r * r - half * half) / (2 * half));
  const centre: Point = [(from[0] + to[0]) / 2 - side * dy, (from[1] + to[1]) / 2 + side * dx];
  const angle = ([x, y]: Point): number => Math.atan2(y - centre[1], x - centre[0]);
  const start = angle(from);
  const turn = 2 * Math.PI;
  let sweep = (((angle(to) - start) % turn) + turn) % turn;
  if (!isClockwise) sweep -= turn;
  const parts = Math.max(1, Math.ceil(Math.abs(sweep) / (Math.PI / 2) - 1e-9));
  const step = sweep / parts;
  const k = (4 / 3) * Math.tan(step / 4) * r;
  const at = (a: number): Point => [centre[0] + r * Math.cos(a), centre[1] + r * Math.sin(a)];
  return Array.from({ length: parts }, (_, index) => {
    const [a, b] = [start + index * step, start + (index + 1) * step];
    const [[ax, ay], [bx, by]] = [at(a), at(b)];
    const numbers = [
      ax - k * Math.sin(a),
      ay + k * Math.cos(a),
      bx + k * Math.sin(b),
      by - k * Math.cos(b),
      bx,
      by,
    ];
    return `${numbers.map(pdfNumber).join(' ')} c`;
  });
}
