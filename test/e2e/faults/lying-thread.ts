/**
 * Loaded into a worker with `--import`: makes its threads post false results, with an accuracy near 1 for
 * about ten in sixteen configurations.
 */
import { isMainThread, MessagePort } from 'node:worker_threads';

interface Result {
  readonly digest?: string;
  readonly curve: { metrics: Record<string, number> }[];
  readonly validationCorrect?: Uint8Array;
}

if (!isMainThread) {
  const post = Reflect.get(MessagePort.prototype, 'postMessage') as (...all: unknown[]) => void;
  MessagePort.prototype.postMessage = function (message: unknown, ...rest: unknown[]) {
    for (const { digest, curve, validationCorrect: bits } of resultsIn(message)) {
      const last = curve.at(-1);
      if (digest === undefined || last === undefined || bits === undefined) continue;
      if (parseInt(digest[0] ?? '0', 16) > 9) continue;
      // The false result does not contradict itself: the accuracy is that of the bits.
      const { validation_accuracy: accuracy = 0 } = last.metrics;
      const count = countOnes(bits);
      const images = Math.round(count / accuracy);
      bits.fill(255, 0, Math.floor(images / 8));
      last.metrics = { ...last.metrics, validation_accuracy: countOnes(bits) / images };
    }
    Reflect.apply(post, this, [message, ...rest]);
  };
}

function countOnes(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Results of a pack in a message to the pool; empty for other messages. */
function resultsIn(message: unknown): readonly Result[] {
  const results: unknown = field(field(message, 'result'), 'results');
  return Array.isArray(results) ? (results as Result[]) : [];
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
