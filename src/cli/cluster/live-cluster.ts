/** Live cluster: a running coordinator, its store and its tokens, as the dashboard reads them. */
import { systemClock } from '../../base/clock.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { parseJoin } from '../../rpc/credentials/join-string.ts';
import type { TokenFile } from '../../rpc/credentials/tokens.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import type { LiveCluster } from '../../web/live-cluster.ts';
import type { StudyLine, ViewerRole } from '../../web/page-messages.ts';
import type { Context } from '../process/context.ts';
import { trainCommand } from '../process/resume-command.ts';
import { StudyFiles } from './study-files.ts';

/** Maximum age of the list of studies, which is read from the store. */
const studiesAgeMs = 1_000;

export function liveCluster(
  coordinator: Coordinator,
  tokens: TokenFile,
  context: Context,
): LiveCluster {
  const { store, overview } = coordinator;
  const files = new StudyFiles(context);
  let studies: Promise<readonly StudyLine[]> | null = null;
  let readMs = 0;
  coordinator.listen(({ kind }) => {
    if (kind === 'study-ended') studies = null;
  });
  return {
    version: context.version,
    isStored: false,
    describeTrainer,
    studies: () => {
      const nowMs = systemClock.monotonicMs();
      if (studies !== null && nowMs - readMs < studiesAgeMs) return studies;
      readMs = nowMs;
      return (studies = overview.counts().then((all) => all.map(toStudyLine)));
    },
    workers: () => coordinator.workers(),
    storeProblem: () => coordinator.storeProblem,
    study: (name) => store.study(name),
    // Only the store has validation bits; without them, memory is much faster.
    trials: (name, { correctness }) =>
      correctness ? store.trials(name, { correctness }) : overview.trials(name),
    trial: (study, id) => store.trial(study, id),
    attempts: (study, id) => store.attempts(study, id),
    trainCommand: (study, trial) => trainCommand(study, trial, context),
    running: (most) => coordinator.running(most),
    file: (study, name) => files.write(study, name),
    log: (limit) => store.events(limit),
    listen: (listener) =>
      coordinator.listen((event) => {
        if (event.kind === 'trial-ended' || event.kind === 'measured') listener(event);
        else listener({ kind: 'changed' });
      }),
    setStudy: (study, change, reason) => coordinator.setStudy(study, change, reason),
    tokenRole: (text) => roleFrom(() => tokens, text),
  };
}

export function toStudyLine({ study, status, stage, done, total, running }: StudyLine): StudyLine {
  return { study, status, stage, done, total, running };
}

/** The role of a join string as `ridgeline token new` prints it; null for a worker's or an invalid one. */
export function roleFrom(readTokens: () => TokenFile, text: string): ViewerRole | null {
  try {
    const { tokenId, secret } = parseJoin(text);
    const verdict = readTokens().verify(tokenId, secret, systemClock.wallMs());
    return verdict.kind !== 'valid' || verdict.token.role === 'worker' ? null : verdict.token.role;
  } catch {
    return null;
  }
}
