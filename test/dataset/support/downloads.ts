/** Downloads of test content from HTTP servers on loopback. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../../../src/base/digest.ts';
import { fetchDataset, type FetchOptions } from '../../../src/dataset/download/fetch.ts';

export const content = Buffer.from(
  Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 2654435761) >>> 13),
);
export const checksum = sha256(content);

type Answer = (request: IncomingMessage, response: ServerResponse, call: number) => void;

/** Starts a server and collects the requests. */
export async function serve(answer: Answer) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response, requests.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.tar.gz`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function fetchFrom(url: string, dataDir: string, more: Partial<FetchOptions> = {}) {
  return fetchDataset('cifar10', {
    dataDir,
    url,
    sha256: checksum,
    signal: new AbortController().signal,
    env: {},
    onProgress: () => undefined,
    retryDelayMs: 1,
    ...more,
  });
}
