/**
 * Environment variables that are wrong or dangerous, said before anything is done.
 *
 * Which variables there are is told by the commands that read them. Unknown `RIDGELINE_…` are let
 * through: a newer version's settings must not stop an older one.
 */
import { RidgelineError } from '../../base/errors.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** @throws RidgelineError USAGE */
export function logLevelOf(env: NodeJS.ProcessEnv): string {
  const level = env['RIDGELINE_LOG_LEVEL'] || 'info';
  if (logLevels.includes(level)) return level;
  throw new RidgelineError(
    'USAGE',
    `RIDGELINE_LOG_LEVEL must be one of ${logLevels.join(', ')}, got ${JSON.stringify(level)}.`,
    'Set it to info, or unset it.',
  );
}

/** What in the environment would give secrets away. */
export function environmentWarnings(env: NodeJS.ProcessEnv): string[] {
  const warnings: string[] = [];
  if ((env['GRPC_TRACE'] ?? '') !== '')
    warnings.push('GRPC_TRACE is set: what it prints contains tokens, so keep it from others');
  if (/http2|tls|net/i.test(env['NODE_DEBUG'] ?? ''))
    warnings.push('NODE_DEBUG is set: what it prints contains tokens, so keep it from others');
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    warnings.push(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is set: Ridgeline checks certificates all the same',
    );
  return warnings;
}
