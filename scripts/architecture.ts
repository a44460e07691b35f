/**
 * Architecture data: the rooms (folders of `src`), which rooms each may import, and their sub-rooms.
 *
 * `test/architecture.test.ts` checks the imports of every file against it; `draw-architecture.ts` draws
 * `docs/architecture.svg` from it.
 */

export interface Room {
  readonly name: string;
  /** What the room is about, in a few words. */
  readonly subject: string;
  /** Rooms that it may import. */
  readonly imports: readonly string[];
  /** Whether it does no I/O: it imports nothing of Node, and only the packages in `purePackages`. */
  readonly isPure: boolean;
  /** Sub-rooms, and which others of the room each may import. Files in no sub-room are free. */
  readonly subRooms: Readonly<Record<string, readonly string[]>>;
  /** Horizontal position of the box in the drawing; the row follows from the imports. */
  readonly column: number;
}

/** Packages that do no I/O. */
export const purePackages: readonly string[] = [
  '@observablehq/plot',
  'linkedom',
  'hyparquet-writer',
  'fflate',
  'yaml',
  'zod',
];

/** Files of pure rooms that read kernels from disk, or compile them. */
export const kernelFiles: readonly string[] = [
  'kernel-file.ts',
  'native-kernel-file.ts',
  'revectorised-module.ts',
].map((name) => `src/trainers/two-layer/${name}`);

const nouns = ['base', 'study'];

const parts: readonly Room[] = [
  {
    name: 'base',
    subject: 'errors, digests, randomness',
    imports: [],
    isPure: false,
    subRooms: {},
    column: 2.5,
  },
  {
    name: 'study',
    subject: 'spec, trials, metrics, images',
    imports: ['base'],
    isPure: true,
    subRooms: { spec: [] },
    column: 2.5,
  },
  {
    name: 'config',
    subject: 'YAML to spec, or all problems',
    imports: nouns,
    isPure: false,
    subRooms: {},
    column: 0,
  },
  {
    name: 'search',
    subject: 'which trials, and their ranks',
    imports: nouns,
    isPure: true,
    subRooms: {
      samplers: [],
      ranking: ['samplers', 'statistics'],
      statistics: ['samplers'],
      stopping: ['ranking'],
      planning: ['samplers', 'ranking', 'statistics', 'stopping'],
      analysis: ['samplers', 'ranking', 'statistics'],
    },
    column: 1,
  },
  {
    name: 'store',
    subject: 'durable record of studies',
    imports: nouns,
    isPure: false,
    subRooms: { sqlite: [] },
    column: 2,
  },
  {
    name: 'dataset',
    subject: 'files to shards and splits',
    imports: nouns,
    isPure: false,
    subRooms: {
      bytes: [],
      shards: ['bytes'],
      pickle: ['bytes', 'shards'],
      images: ['bytes'],
      formats: ['bytes', 'images', 'pickle', 'shards'],
      splits: ['bytes', 'shards'],
      download: ['bytes', 'formats', 'shards'],
    },
    column: 3,
  },
  {
    name: 'rpc',
    subject: 'gRPC, TLS, tokens',
    imports: nouns,
    isPure: false,
    subRooms: {
      generated: [],
      credentials: [],
      messages: ['credentials', 'generated'],
      server: ['credentials', 'generated', 'messages'],
      client: ['credentials', 'generated', 'messages'],
    },
    column: 4,
  },
  {
    name: 'trainers',
    subject: 'train one pack of trials',
    imports: nouns,
    isPure: true,
    subRooms: { 'two-layer': [], command: [], module: ['command'] },
    column: 5,
  },
  {
    name: 'report',
    subject: 'tables, files, charts',
    imports: [...nouns, 'search'],
    isPure: true,
    subRooms: {
      text: [],
      results: ['text'],
      files: ['results', 'text'],
      charts: ['results', 'text'],
      pdf: [],
      html: ['charts', 'files', 'results', 'text'],
      terminal: ['charts', 'files', 'results', 'text'],
    },
    column: 1.3,
  },
  {
    name: 'coordinator',
    subject: 'who trains what, what counts',
    imports: [...nouns, 'search', 'store', 'rpc', 'dataset'],
    isPure: false,
    subRooms: { core: [], shell: ['core'] },
    column: 2.5,
  },
  {
    name: 'launch',
    subject: 'start and stop workers',
    imports: [...nouns, 'rpc'],
    isPure: false,
    subRooms: {},
    column: 3.6,
  },
  {
    name: 'worker',
    subject: 'session, data, threads',
    imports: [...nouns, 'trainers', 'dataset', 'rpc'],
    isPure: false,
    subRooms: { command: ['states'], module: ['command'], states: [] },
    column: 4.7,
  },
  {
    name: 'web',
    subject: 'dashboard: server and page',
    imports: [...nouns, 'search', 'report'],
    isPure: false,
    subRooms: { page: [], boards: [], server: ['boards'] },
    column: 1.3,
  },
];

export const rooms: readonly Room[] = [
  ...parts,
  {
    name: 'cli',
    subject: 'commands, flags, exit codes',
    imports: parts.map(({ name }) => name),
    isPure: false,
    subRooms: {
      process: [],
      completion: ['process'],
      results: ['process'],
      training: ['process', 'results'],
      cluster: ['process', 'training'],
      commands: ['cluster', 'completion', 'process', 'results', 'training'],
    },
    column: 2.5,
  },
];
