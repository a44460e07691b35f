/**
 * Tar reader: reads `.tar.gz` and `.tar` archives as a stream in one pass, with the library `modern-tar`.
 *
 * A data set consists of files and folders. Archives with links, devices, absolute paths or `..` are
 * refused.
 */
import {
  explainErrors,
  packingOf,
  passChunks,
  unpackedChunks,
  type FileEntry,
} from './file-stream.ts';
import { malformed } from './malformed.ts';

const nowhere = { write: () => undefined, end: () => undefined };

/**
 * Yields the files of an archive in order; each can be streamed until the next one is requested. Only an
 * archive that is read to its end is verified by the checksum of gzip.
 *
 * @throws RidgelineError DATASET_INVALID, DATASET_MISSING
 */
export async function* tarEntries(path: string): AsyncGenerator<FileEntry> {
  // Most data sets are no archives.
  const { createTarDecoder } = await import('modern-tar');
  const archive = ReadableStream.from(unpackedChunks(path, await packingOf(path)));
  const members = archive.pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of explainErrors(path, members)) {
    const { name, type = 'file', size } = header;
    const shown = JSON.stringify(name.slice(0, 300));
    if (type !== 'file' && type !== 'directory') {
      throw malformed(
        path,
        `has a member ${shown} of type ${type}; only files and folders are supported.`,
      );
    }
    if (name.startsWith('/') || name.split('/').includes('..')) {
      throw malformed(path, `has a member ${shown} outside the archive's own folder.`);
    }
    const file = `${path}, member ${name},`;
    const chunks = explainErrors(path, body);
    const stream: FileEntry['stream'] = (sink) => passChunks(chunks, sink);
    if (type === 'file') yield { name, file, size: async () => size, stream };
    // Unwanted bodies are read too: to cancel one can lose the next member's bytes (modern-tar 0.8.6).
    await stream(nowhere);
  }
}
