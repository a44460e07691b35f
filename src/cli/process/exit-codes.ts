/**
 * Exit codes: the exit codes of commands, and the help text about them. `base/errors.ts` has the exit
 * codes of errors.
 */

export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  unfit: 78,
  interrupted: 130,
  terminated: 143,
} as const;

export const exitCodesText = `Exit codes
  0    success; diverged trials are results, not failures
  1    the operation failed: port in use, state locked or unwritable, other version,
       unknown study, trial or worker, a study that failed or was cancelled
  2    wrong usage, or an invalid file
  3    finished, but trials failed permanently or results are disputed
  4    no coordinator was reached, or no worker joined in time
  5    token or certificate authority refused
  78   this machine is unfit (see \`ridgeline doctor\`)
  130  stopped by Ctrl-C: \`run\` before its search had finished, others before running work had finished
  143  ended by SIGTERM in the same way; 129 by SIGHUP, 138 by SIGUSR1, 140 by SIGUSR2;
       a worker or coordinator that drained exits with 0
`;
