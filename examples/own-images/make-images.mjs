/** Makes 600 small images of three classes and stores them as NumPy files, for study.yaml. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [count, side, classes] = [600, 8, 3];
const folder = process.argv[2] ?? join(import.meta.dirname, 'images');
mkdirSync(folder, { recursive: true });

const labels = Uint8Array.from({ length: count }, (_, index) => index % classes);
// A bright stripe in the third of the image that belongs to the class, on a background of noise.
const images = Uint8Array.from({ length: count * side * side }, (_, at) => {
  const row = Math.floor(at / side) % side;
  const isStripe = Math.floor((row * classes) / side) === labels[Math.floor(at / (side * side))];
  return ((at * 2654435761) >>> 25) + (isStripe ? 100 : 0);
});

writeFileSync(join(folder, 'x_train.npy'), npy(images, [count, side, side]));
writeFileSync(join(folder, 'y_train.npy'), npy(labels, [count]));
console.log(`wrote ${folder}`);

/** The format of NumPy's save: magic, version 1.0, a padded header, then the bytes. */
function npy(bytes, shape) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = Buffer.from(`${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`);
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, header, bytes]);
}
