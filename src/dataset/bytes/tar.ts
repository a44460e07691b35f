/**
 * Tar archives (`.tar.gz`): read as a stream in one pass, with the library `modern-tar`.
 *
 * A data set consists of files and folders. Archives with links, devices, absolute paths or `..` are
 * refused.
 */
import { createTarDecoder } from 'modern-tar';
import { explainErrors, unpackedChunks, type FileSink } from './file-stream.ts';
import { malformed } from './malformed.ts';

/** @returns the receiver of the member's bytes; null to skip them */
export type OnMember = (path: string, bytes: number) => FileSink | null;

/**
 * Reads the archive to its end, which verifies the checksum of gzip whichever members are wanted.
 *
 * @throws RidgelineError DATASET_INVALID, DATASET_MISSING; errors of `onMember` and of the sinks
 */
export async function streamTarGz(path: string, onMember: OnMember): Promise<void> {
  const archive = ReadableStream.from(unpackedChunks(path, 'gzip'));
  const members = archive.pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of explainErrors(path, members)) {
    refuseUnsafe(path, header.name, header.type ?? 'file');
    const sink = header.type === 'directory' ? null : onMember(header.name, header.size);
    // Unwanted bodies are read too: to cancel one can lose the next member's bytes (modern-tar 0.8.6).
    for await (const chunk of explainErrors(path, body)) sink?.write(chunk);
    sink?.end();
  }
}

function refuseUnsafe(archive: string, member: string, type: string): void {
  const name = JSON.stringify(member.slice(0, 300));
  if (type !== 'file' && type !== 'directory') {
    throw malformed(archive, `has a member ${name} of type ${type}; only files are read.`);
  }
  if (member.startsWith('/') || member.split('/').includes('..')) {
    throw malformed(archive, `has a member ${name} outside the archive's own folder.`);
  }
}
