/**
 * Loaded into a worker (`--import`), it has a thread end at once when it is handed a pack with a λ of at
 * least `TEST_POISON`: a trial that kills whoever touches it. The product is not told of it.
 */
import { isMainThread, MessagePort } from 'node:worker_threads';

const poison = Number(process.env['TEST_POISON'] ?? Infinity);

if (!isMainThread) {
  const on = Reflect.get(MessagePort.prototype, 'on') as (...all: unknown[]) => MessagePort;
  Reflect.set(
    MessagePort.prototype,
    'on',
    function (this: MessagePort, event: string, listener: (message: unknown) => void) {
      const tasting = (message: unknown): void => {
        if (lambdasIn(message).some((lambda) => lambda >= poison)) process.exit(1);
        listener(message);
      };
      return Reflect.apply(on, this, [event, event === 'message' ? tasting : listener]);
    },
  );
}

/** Of the pack that the pool hands over; none in any other message. */
function lambdasIn(message: unknown): readonly number[] {
  const task: unknown = field(message, 'task');
  const lambdas: unknown = field(task, 'lambdas');
  return Array.isArray(lambdas) ? (lambdas as number[]) : [];
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
