/** The log line of a worker that joined. */
import { expect, test } from 'vitest';
import { joinedText, parseJoinedText } from '../../src/study/joined-worker.ts';

test('the log line of a joined worker gives its name, address, threads, kernel and processor back', () => {
  const workers = [
    {
      name: 'local-1',
      address: '127.0.0.1:40698',
      threads: 1,
      kernel: 'native avx2',
      processor: 'AMD EPYC, on loan',
    },
    { name: 'x', address: '127.0.0.1:1', threads: 2, kernel: 'portable', processor: null },
    {
      name: 'a from b with 3 threads',
      address: '[::1]:7',
      threads: 64,
      kernel: null,
      processor: null,
    },
  ];
  for (const worker of workers) expect(parseJoinedText(joinedText(worker))).toEqual(worker);
  expect(parseJoinedText('local-1 from 127.0.0.1:40698 with 1 thread')).toMatchObject({
    name: 'local-1',
    kernel: null,
    processor: null,
  });
  expect(parseJoinedText('local-1: the study has ended')).toBeNull();
});
