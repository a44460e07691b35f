/**
 * Loaded into a worker with `--import`: makes a thread exit when it receives a pack with λ of at least
 * `TEST_POISON`, so that such a trial kills every thread.
 */
import { isMainThread, MessagePort } from 'node:worker_threads';

const poison = Number(process.env['TEST_POISON'] ?? Infinity);

if (!isMainThread) {
  const on = Reflect.get(MessagePort.prototype, 'on') as (...all: unknown[]) => MessagePort;
  Reflect.set(
    MessagePort.prototype,
    'on',
    function (this: MessagePort, event: string, listener: (message: unknown) => void) {
      const check = (message: unknown): void => {
        if (lambdasIn(message).some((lambda) => lambda >= poison)) process.exit(1);
        listener(message);
      };
      return Reflect.apply(on, this, [event, event === 'message' ? check : listener]);
    },
  );
}

/** Values of λ in a pack that a thread receives; empty for other messages. */
function lambdasIn(message: unknown): readonly number[] {
  const params: unknown = field(field(field(message, 'task'), 'request'), 'params');
  return Array.isArray(params) ? params.map((values) => Number(field(values, 'lambda'))) : [];
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
