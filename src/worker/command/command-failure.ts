/** A trial that failed because of its program: a command or a module of the user. */
export class CommandFailure extends Error {
  /** What the program has printed (`study/attempt-log.ts`). */
  readonly output: string;

  constructor(reason: string, output: string) {
    super(reason);
    this.output = output;
  }
}
