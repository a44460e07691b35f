/**
 * Log: lines on stderr, readable or as JSON (`RIDGELINE_LOG_FORMAT=json`), and warnings about dangerous
 * environment variables. Unknown `RIDGELINE_…` are ignored: a newer version's settings must not stop an
 * older one.
 */
import { createRequire } from 'node:module';
import { pino, type DestinationStream, type Logger } from 'pino';
import type pretty from 'pino-pretty';
import { usageError } from './options.ts';
import { isCapable } from './terminal.ts';

export function isJsonLog(env: NodeJS.ProcessEnv): boolean {
  return env['RIDGELINE_LOG_FORMAT'] === 'json';
}

export function createLogger(
  stderr: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
  debug: boolean,
): Logger {
  const level = debug ? 'debug' : logLevelFrom(env);
  if (isJsonLog(env)) return pino({ level }, stderr);
  const options: pretty.PrettyOptions = {
    destination: stderr,
    colorize: isCapable(stderr, env) && (env['NO_COLOR'] ?? '') === '',
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss',
    singleLine: true,
  };
  return pino({ level }, prettyStream(options));
}

/** Loads the library with the first line: most processes log nothing. */
function prettyStream(options: pretty.PrettyOptions): DestinationStream {
  let stream: DestinationStream | null = null;
  return {
    write: (line) => {
      stream ??= loadPretty()(options);
      stream.write(line);
    },
  };
}

function loadPretty(): typeof pretty {
  const library: typeof pretty = createRequire(import.meta.url)('pino-pretty');
  return library;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** @throws RidgelineError USAGE */
function logLevelFrom(env: NodeJS.ProcessEnv): string {
  const level = env['RIDGELINE_LOG_LEVEL'] || 'info';
  if (logLevels.includes(level)) return level;
  throw usageError(
    `RIDGELINE_LOG_LEVEL must be one of ${logLevels.join(', ')}, got ${JSON.stringify(level)}.`,
    'Set it to info, or unset it.',
  );
}

/** Warnings about variables that would expose secrets. */
export function environmentWarnings(env: NodeJS.ProcessEnv): string[] {
  const printed = 'is set: its output contains tokens, so do not share it';
  const warnings: string[] = [];
  if ((env['GRPC_TRACE'] ?? '') !== '') warnings.push(`GRPC_TRACE ${printed}`);
  if (/http2|tls|net/i.test(env['NODE_DEBUG'] ?? '')) warnings.push(`NODE_DEBUG ${printed}`);
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    warnings.push(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is set: Ridgeline checks certificates nevertheless',
    );
  return warnings;
}
