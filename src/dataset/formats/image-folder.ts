/**
 * Images in class folders: `CLASS/any-name.png`, PNG or JPEG, form the shard `all`; `SHARD/CLASS/any-name.png`
 * form a shard for each folder, such as `train` and `test`. Classes are numbered in the order of their
 * names (by code unit, as torchvision's ImageFolder does), and images follow in the order of their names.
 *
 * All images have one size. If some are grey and some are not, the grey ones are stored with three equal
 * channels. Two passes: the first reads headers only, so that memory is reserved once for what there is.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileSize, foldersIn, filesIn, unreadable } from '../bytes/disk.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { readImageHeader, type ImageHeader } from '../images/image-header.ts';
import { openJpegDecoder } from '../images/jpeg.ts';
import type { Shard } from '../shards/shard.ts';
import type { FormatReaders, FoundShards, WantShard } from '../shards/shard-source.ts';

const imageName = /\.(?:png|jpe?g)$/i;
/** Formats that are not read, but that a user may take for images of the data set. */
const otherImageName = /\.(?:gif|bmp|webp|tiff?|avif|heic|jp2|jxl)$/i;
const fileBytesMax = 16 * 1024 * 1024;
/** Files that are read at the same time: small files cost more waiting than reading. */
const filesAtOnce = 16;
const classesMax = 256;

/** An image file and the name of its class. */
interface ImageFile {
  readonly path: string;
  readonly className: string;
}

/** The image files by shard. */
type ImageTree = ReadonlyMap<string, readonly ImageFile[]>;

export const imageFolder = {
  folder: readImageFolder,
  files: async (path) => [...(await listImages(path)).values()].flat().map((file) => file.path),
} satisfies FormatReaders;

/** Whether a folder has class folders with images. */
export async function isImageFolder(path: string): Promise<boolean> {
  return (await listImages(path)).size > 0;
}

/** Returns an empty tree for a folder without class folders. */
async function listImages(path: string): Promise<ImageTree> {
  const folders = await foldersIn(path);
  const own = await classImages(path, folders);
  if (own.length > 0) return new Map([['all', own]]);
  const tree = new Map<string, readonly ImageFile[]>();
  for (const shard of folders) {
    const images = await classImages(join(path, shard), await foldersIn(join(path, shard)));
    if (images.length > 0) tree.set(shard, images);
  }
  return tree;
}

async function classImages(path: string, classes: readonly string[]): Promise<ImageFile[]> {
  const images: ImageFile[] = [];
  for (const className of classes) {
    const names = await filesIn(join(path, className));
    const other = names.find((name) => otherImageName.test(name));
    if (other !== undefined)
      throw malformed(
        join(path, className, other),
        'is an image of a format that is not read.',
        "Convert it to PNG, such as with Pillow: `Image.open(file).save(name + '.png')`, or remove it.",
      );
    for (const name of names)
      if (imageName.test(name)) images.push({ path: join(path, className, name), className });
  }
  return images;
}

async function readImageFolder(
  path: string,
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  const tree = await listImages(path);
  const everything = [...tree.values()].flat();
  const classNames = [...new Set(everything.map(({ className }) => className))].toSorted();
  if (classNames.length > classesMax)
    throw malformed(
      path,
      `has ${classNames.length} class folders; the limit is ${classesMax}.`,
      'Give the folder that contains one folder for each class.',
    );
  const wanted = [...tree].filter(([name]) => want(name));
  const names = [...tree.keys()];
  if (wanted.length === 0) return { names, shards: [], official: null };
  // The headers of unwanted shards count too: all shards have the same channels.
  const headers = await readHeaders(everything);
  const [first] = headers.values();
  const { width, height } = first!;
  const channels = [...headers.values()].some((header) => header.channels === 3) ? 3 : 1;
  // Loaded for image folders only, like the decoder of JPEG: other data sets start sooner.
  const { decodePng } = await import('../images/png.ts');
  const decodeJpeg = [...headers.values()].some(({ kind }) => kind === 'jpeg')
    ? await openJpegDecoder()
    : null;
  const shape = { channels, height, width, classes: classNames.length, pixelMax: 255, classNames };
  const shards: Shard[] = [];
  for (const [name, files] of wanted) {
    const plane = width * height;
    const pixels = memory.take(files.length * channels * plane);
    let start = 0;
    for await (const { path: file, bytes } of readFiles(files)) {
      const header = headers.get(file)!;
      const image =
        header.kind === 'jpeg' && decodeJpeg !== null
          ? await decodeJpeg(file, bytes, header)
          : decodePng(file, bytes, header);
      storeImage(image, header.channels, pixels.subarray(start, start + channels * plane), plane);
      start += channels * plane;
    }
    const labels = Uint8Array.from(files, ({ className }) => classNames.indexOf(className));
    shards.push({ name, pixels, labels, ...shape });
  }
  return { names, shards, official: null };
}

/** Stores an image of H,W,C order in C,H,W order; a grey one in every channel of `target`. */
function storeImage(
  image: Uint8Array,
  imageChannels: number,
  target: Uint8Array,
  plane: number,
): void {
  for (let at = 0; at < target.length; at++) {
    const channel = imageChannels === 1 ? 0 : Math.floor(at / plane);
    target[at] = image[(at % plane) * imageChannels + channel]!;
  }
}

/** By path. @throws RidgelineError DATASET_INVALID if the images have several sizes */
async function readHeaders(files: readonly ImageFile[]): Promise<ReadonlyMap<string, ImageHeader>> {
  const headers = new Map<string, ImageHeader>();
  for await (const { path, bytes } of readFiles(files))
    headers.set(path, readImageHeader(path, bytes));
  const size = ({ width, height }: ImageHeader): string => `${width}×${height}`;
  const [[firstPath, first] = ['', null]] = headers;
  const others = [...headers].filter(
    ([, header]) => first !== null && size(header) !== size(first),
  );
  const [other] = others;
  if (first === null || other === undefined) return headers;
  throw malformed(
    other[0],
    `has ${size(other[1])} pixels, but ${basename(firstPath)} has ${size(first)}: all images need the same size, and ${others.length} of ${headers.size} differ from the first.`,
    `Resize all images, such as with Pillow: \`Image.open(file).resize((${first.width}, ${first.height})).save(file)\`.`,
  );
}

/** Yields the bytes of the files in order. */
async function* readFiles(
  files: readonly ImageFile[],
): AsyncGenerator<{ readonly path: string; readonly bytes: Buffer }> {
  for (let at = 0; at < files.length; at += filesAtOnce) {
    const some = files.slice(at, at + filesAtOnce);
    yield* await Promise.all(
      some.map(async ({ path }) => ({ path, bytes: await readImage(path) })),
    );
  }
}

async function readImage(path: string): Promise<Buffer> {
  const bytes = await fileSize(path);
  if (bytes > fileBytesMax)
    throw malformed(
      path,
      `has ${bytes} bytes; the limit of an image is ${fileBytesMax}.`,
      'Scale it down.',
    );
  return await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}
