/**
 * Architecture drawing: writes `docs/architecture.svg`, the rooms and their imports.
 *
 *     node scripts/draw-architecture.ts            writes the file
 *     node scripts/draw-architecture.ts --check    fails if the file is not current
 *
 * An arrow means "may import". Arrows that a longer path implies are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rooms, type Room } from './architecture.ts';

const box = { width: 184, height: 76 };
const step = { x: 200, y: 130 };
const margin = 20;
const captionHeight = 34;

const byName = new Map(rooms.map((room) => [room.name, room]));

function roomNamed(name: string): Room {
  const room = byName.get(name);
  if (room === undefined) throw new Error(`there is no room ${name} in scripts/architecture.ts`);
  return room;
}

/** Rows from the bottom: one above the highest room that it imports. */
function rowIn({ imports }: Room): number {
  return Math.max(-1, ...imports.map((name) => rowIn(roomNamed(name)))) + 1;
}

/** Imports that no other import reaches: the transitive reduction. */
function directImports({ imports }: Room): readonly string[] {
  return imports.filter(
    (name) => !imports.some((other) => other !== name && reaches(roomNamed(other), name)),
  );
}

function reaches({ imports }: Room, name: string): boolean {
  return imports.some((other) => other === name || reaches(roomNamed(other), name));
}

const rows = Math.max(...rooms.map(rowIn)) + 1;
const columns = Math.max(...rooms.map(({ column }) => column)) + 1;
const width = 2 * margin + (columns - 1) * step.x + box.width;
const height = 2 * margin + (rows - 1) * step.y + box.height + captionHeight;

function place(room: Room): { readonly x: number; readonly y: number } {
  return {
    x: margin + room.column * step.x,
    y: margin + (rows - 1 - rowIn(room)) * step.y,
  };
}

/** From the lower edge of a box to the upper edge of the box that it imports; far ones leave at the side. */
function drawArrow(from: Room, to: Room): string {
  const [start, end] = [place(from), place(to)];
  const offset = Math.max(-0.4, Math.min(0.4, (to.column - from.column) / 4)) * box.width;
  const [x2, y2] = [end.x + box.width / 2 - offset / 2, end.y - 8];
  let [x1, y1] = [start.x + box.width / 2 + offset, start.y + box.height];
  let controls = `${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2}`;
  if (rowIn(from) - rowIn(to) > 2) {
    [x1, y1] = [start.x + (offset > 0 ? box.width : 0), start.y + box.height / 2];
    controls = `${(x1 + 2 * x2) / 3} ${y1} ${x2} ${(y1 + y2) / 2}`;
  }
  return `<path class="arrow" d="M${x1} ${y1} C${controls} ${x2} ${y2}" marker-end="url(#head)"/>`;
}

function drawRoom(room: Room): string {
  const { x, y } = place(room);
  const middle = x + box.width / 2;
  const subRooms = Object.keys(room.subRooms);
  const text = (name: string, dy: number, content: string): string =>
    `<text class="${name}" x="${middle}" y="${y + dy}">${content}</text>`;
  return [
    `<rect class="${room.isPure ? 'pure' : 'room'}" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="7"/>`,
    text('name', 21, room.name),
    text('subject', 38, room.subject),
    ...[subRooms.slice(0, 3), subRooms.slice(3)].map((names, line) =>
      text('sub', 54 + 12 * line, names.join(' · ')),
    ),
  ].join('\n');
}

const style = `
  text { font-family: system-ui, sans-serif; text-anchor: middle; fill: #1f2328; }
  .background { fill: #ffffff; }
  .name { font-size: 15px; font-weight: 600; }
  .subject { font-size: 11px; }
  .sub { font-size: 9px; fill: #59636e; }
  .caption { font-size: 12px; fill: #59636e; text-anchor: start; }
  .room, .pure { fill: #f6f8fa; stroke: #8c959f; }
  .pure { fill: #ddf4ff; }
  .arrow { fill: none; stroke: #6e7781; stroke-width: 1.3; }
  .head { fill: #6e7781; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .background { fill: #0d1117; }
    .sub, .caption { fill: #9198a1; }
    .room { fill: #212830; stroke: #656c76; }
    .pure { fill: #0c2d4b; stroke: #656c76; }
  }`;

const arrows = rooms.flatMap((room) =>
  directImports(room).map((name) => drawArrow(room, roomNamed(name))),
);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Rooms of Ridgeline and their imports">
<style>${style}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 L8 4 L0 8 z"/></marker></defs>
<rect class="background" width="${width}" height="${height}"/>
${arrows.join('\n')}
${rooms.map(drawRoom).join('\n')}
<text class="caption" x="${margin}" y="${height - margin}">An arrow means "may import"; arrows that a longer path implies are left out. Blue rooms do no I/O. Small print: sub-rooms.</text>
</svg>
`;

const path = join(import.meta.dirname, '..', 'docs', 'architecture.svg');
if (!process.argv.includes('--check')) writeFileSync(path, svg);
else if (readFileSync(path, 'utf8') !== svg) {
  process.stderr.write(
    `${path} is not current\n  fix: Run \`node scripts/draw-architecture.ts\` and commit the result.\n`,
  );
  process.exitCode = 1;
}
