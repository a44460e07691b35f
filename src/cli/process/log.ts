/**
 * Logs go to stderr, in lines for people on a terminal, as JSON elsewhere; written at once, and lost where
 * stderr cannot be written.
 */
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { logLevelOf } from './environment.ts';

export function createLogger(
  stderr: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
  debug: boolean,
): Logger {
  const level = debug ? 'debug' : logLevelOf(env);
  if (env['RIDGELINE_LOG_FORMAT'] === 'json') return pino({ level }, stderr);
  return pino(
    { level },
    pretty({
      destination: stderr,
      colorize: stderr.isTTY && (env['NO_COLOR'] ?? '') === '',
      ignore: 'pid,hostname',
      translateTime: 'HH:MM:ss',
      singleLine: true,
    }),
  );
}
