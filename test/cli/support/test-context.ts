/** A context of commands that run in the test's own process. */
import { pino } from 'pino';
import type { Context, SharedFlags } from '../../../src/cli/process/context.ts';

export function testContext(flags: SharedFlags = {}): Context {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: {},
    log: pino({ level: 'silent' }),
    version: 'test',
    argv: [],
    flags,
    finish: () => undefined,
  };
}
