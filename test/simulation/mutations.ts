/**
 * Bugs that are planted, one at a time, to see whether the simulation finds them: a promise that no
 * planted bug can break unseen is one that the histories really test.
 *
 * The product knows nothing of it. Each mutation is a change of text in a copy of the sources; a text
 * that is no longer there, or is there twice, stops the gate, so that it stays true to the code.
 */

export interface Mutation {
  /** What the bug would be called. */
  readonly name: string;
  readonly edits: readonly {
    readonly file: string;
    readonly from: string;
    readonly to: string;
  }[];
}

function mutation(name: string, file: string, from: string, to: string): Mutation {
  return { name, edits: [{ file: `src/${file}`, from, to }] };
}

const wallClock = [
  ['core/scheduling/assign-pack.ts', 'deadlineMs: now.monotonicMs +', 'deadlineMs: now.wallMs +'],
  [
    'core/workers/leases.ts',
    'pack.deadlineMs = now.monotonicMs +',
    'pack.deadlineMs = now.wallMs +',
  ],
  ['core/workers/leases.ts', 'now.monotonicMs < pack.deadlineMs', 'now.wallMs < pack.deadlineMs'],
  [
    'core/dispatcher.ts',
    'now.monotonicMs + this.state.settings',
    'now.wallMs + this.state.settings',
  ],
] as const;

export const mutations: readonly Mutation[] = [
  mutation(
    'results are acknowledged, and grants sent, before the commit',
    'coordinator/shell/group-commit.ts',
    '    try {\n      if (rows.length > 0)',
    '    for (const effect of effects.splice(0)) this.#ports.perform(effect);\n    try {\n      if (rows.length > 0)',
  ),
  mutation(
    'progress is not fenced: any word of a pack renews its lease',
    'coordinator/core/workers/leases.ts',
    'pack === undefined || progress.step <= pack.step',
    'pack === undefined',
  ),
  {
    name: 'leases are on the wall clock',
    edits: wallClock.map(([file, from, to]) => ({ file: `src/coordinator/${file}`, from, to })),
  },
  mutation(
    'leases run out right after our own pause',
    'coordinator/core/workers/leases.ts',
    'if (gapMs < ownPauseMs) return;',
    'if (gapMs >= 0) return;',
  ),
  mutation(
    'what is given back, by a drain say, is charged',
    'coordinator/core/state/trial-state.ts',
    "return outcome === 'lost' ||",
    "return outcome === 'returned' || outcome === 'lost' ||",
  ),
  mutation(
    'a duplicate is counted',
    'coordinator/core/results/results.ts',
    'const answer = judge(state, worker, pack, member, now, decision);',
    "const answer = judge(state, worker, pack, member, now, decision);\n  if (answer === 'duplicate') worker.trialsCompleted += 1;",
  ),
  mutation(
    'a worker audits itself',
    'coordinator/core/scheduling/assign-audits.ts',
    'if (!votersOf(state, trial).has(worker.name)) return true;',
    'if (state.workers.size > 0) return true;',
  ),
  mutation(
    'a late result is taken after its stage has closed',
    'coordinator/core/state/cluster-state.ts',
    'acceptsResult(trial) && !stageOf(study, trial).record.closed',
    'acceptsResult(trial)',
  ),
  mutation(
    'a session can report what was granted to another one',
    'coordinator/core/results/results.ts',
    'attempt?.session !== worker.session',
    'attempt === undefined',
  ),
  mutation(
    'a stage closes before its audits are settled',
    'coordinator/core/studies/stage-progress.ts',
    'if (!settleAudits(state, study, stage, now, decision)) return;',
    'settleAudits(state, study, stage, now, decision);',
  ),
  mutation(
    'a trial that was lost is packed with others again',
    'coordinator/core/state/trial-state.ts',
    'trial.alone = true;',
    'trial.alone = trial.charged > 2;',
  ),
  mutation(
    'a trial goes back to the machine on which it was lost',
    'coordinator/core/scheduling/scheduling.ts',
    'return failedOn.has(worker.name) && workers.some(({ name }) => !failedOn.has(name));',
    'return failedOn.has(worker.name) && workers.length > 99;',
  ),
  mutation(
    'a conviction is forgotten by a restart',
    'coordinator/core/workers/exclusions.ts',
    "    kind: 'worker-quarantined',\n    session,\n    worker: workerName,\n    reason,\n    atMs: now.wallMs,",
    "    kind: 'event',\n    study: null,\n    what: 'quarantine',\n    detail: `${session} ${workerName}`,\n    atMs: now.wallMs,",
  ),
  mutation(
    'a restart forgets the attempts that were running',
    'coordinator/core/studies/restore.ts',
    'if (attempt.outcome !== null) continue;',
    'if (attempt.attempt > 0) continue;',
  ),
  mutation(
    'a worker that comes back loses what it holds',
    'coordinator/core/workers/leases.ts',
    'if (!named.has(pack.id))',
    'if (named.size >= 0)',
  ),
  mutation(
    'an audit is stopped when its worker comes back with it',
    'coordinator/core/workers/leases.ts',
    'if (isPackDone(pack) && isWanted !== true)',
    'if (isWanted !== true)',
  ),
  mutation(
    'attempts that were overtaken stay open',
    'coordinator/core/state/failed-attempts.ts',
    "closeAttempt(study, trial, attempt, { outcome: 'superseded', reason }, now, decision);",
    'if (reason === null) continue;',
  ),
  mutation(
    'trials are tried a fourth time',
    'coordinator/core/state/trial-state.ts',
    'chargedMax = 3',
    'chargedMax = 4',
  ),
  mutation(
    'what a convicted worker says still counts',
    'coordinator/core/results/results.ts',
    "trial.status === 'cancelled' || state.convicted.has(worker.session)",
    "trial.status === 'cancelled'",
  ),
  mutation(
    'one vote against one decides',
    'coordinator/core/results/audits.ts',
    'first[1].size > 1 && first[1].size > second[1].size',
    'first[1].size >= second[1].size',
  ),
  mutation(
    'only digests are compared',
    'study/result-fingerprint.ts',
    '? sha256(`complete ${result.steps} ${result.digest}\\n${points}\\n`, result.validationCorrect)',
    '? sha256(`complete ${result.steps} ${result.digest} ${points.slice(0, 0)}`)',
  ),
  mutation(
    'a worker is granted more packs than it has threads',
    'coordinator/core/state/cluster-state.ts',
    'Math.max(0, worker.threads - worker.packs.size)',
    'Math.max(0, worker.threads + 1 - worker.packs.size)',
  ),
  mutation(
    'a worker does not keep its results until they are answered',
    'worker/session.ts',
    'this.#reports.set(pack, { message, unanswered });',
    'if (!this.#online) this.#reports.set(pack, { message, unanswered });',
  ),
  mutation(
    'a race forgets which images its trials got right',
    'coordinator/core/results/results.ts',
    'const isRacing = study.spec.racing && (isLast || !stage.record.closed);',
    'const isRacing = false;',
  ),
  mutation(
    'a result is taken whose bits are not those of the validation split',
    'coordinator/core/results/results.ts',
    'if (!hasBitsFor(result, validationCount)) {',
    'if (validationCount < 0) {',
  ),
  mutation(
    'a winner with replicates is settled by its first test',
    'coordinator/core/state/winner-tests.ts',
    'if (tests.length < winnerTrials(study).length)',
    'if (tests.length < 1)',
  ),
  mutation(
    'a result of a study that was thrown away counts for the one that has its name now',
    'coordinator/core/results/results.ts',
    'if (attempt.pack !== pack) return null;',
    '',
  ),
  mutation(
    'a race that is made longer has lost the bits of those that have run',
    'coordinator/core/results/results.ts',
    'const isLast = stage.record.name === study.spec.stages.at(-1)?.name;',
    'const isLast = false;',
  ),
  mutation(
    'tests of a winner go on when its study is made longer',
    'coordinator/core/studies/submit-study.ts',
    "supersede(state, study, trial, 'test', now, decision);",
    'if (trial.name === null) return;',
  ),
  mutation(
    'packs of a study that starts afresh are called like those of the former one',
    'coordinator/core/state/cluster-state.ts',
    'sha256(`${spec.study} ${createdAtMs}`)',
    'sha256(`${spec.study}`)',
  ),
  mutation(
    'what a worker had repeated before it was convicted is believed',
    'coordinator/core/results/audits.ts',
    'if (trial.audit !== null && isBelieved) return false;',
    'if (trial.audit !== null) return false;',
  ),
  mutation(
    'a race goes on before its audits are settled',
    'coordinator/core/studies/stage-progress.ts',
    '    if (!settleAudits(state, study, stage, now, decision)) return;\n    if (raceOn(study, stage, now, decision)) return;',
    '    if (raceOn(study, stage, now, decision)) return;\n    if (!settleAudits(state, study, stage, now, decision)) return;',
  ),
  mutation(
    'after a restart nobody is waited for who might audit',
    'coordinator/core/results/audits.ts',
    'if (now.monotonicMs < state.returningUntilMs) return true;',
    '',
  ),
  mutation(
    'an audit does not wait for a worker that was just cut off',
    'coordinator/core/results/audits.ts',
    'return isAway || ableWorkers',
    'return ableWorkers',
  ),
  mutation(
    'what runs of a study goes on when it is cancelled',
    'coordinator/core/state/failed-attempts.ts',
    'if (pack.study === study.name) abortPack',
    'if (pack.study === reason) abortPack',
  ),
  mutation(
    'a drain is forgotten when its worker is cut off',
    'coordinator/core/dispatcher.ts',
    "if (worker.draining) send(decision, worker, { kind: 'drain'",
    "worker.draining = false;\n    if (worker.draining) send(decision, worker, { kind: 'drain'",
  ),
  mutation(
    'a worker that is cut off while it fetches a data set is not asked again',
    'coordinator/core/dispatcher.ts',
    '    worker.preparing = null;\n    worker.datasets.clear',
    '    worker.datasets.clear',
  ),
  mutation(
    'trials that were drawn are not audited',
    'coordinator/core/results/audits.ts',
    ' || isDrawnForAudit(seed, trial.id, audit?.random ?? 0)',
    '',
  ),
  mutation(
    'a worker does not rest after a failure',
    'coordinator/core/state/cluster-state.ts',
    ' || state.lastEventMs < worker.restsUntilMs',
    '',
  ),
  mutation(
    'a worker with other arithmetic is given work',
    'coordinator/core/state/cluster-state.ts',
    'worker.selfTestDigest === state.settings.selfTestDigest;',
    "worker.selfTestDigest !== '';",
  ),
  mutation(
    'a winner is tested where it was trained',
    'coordinator/core/scheduling/scheduling.ts',
    'preferred.length > 0 ? preferred : able',
    'able',
  ),
  mutation(
    'a winner is tested without end',
    'coordinator/core/state/winner-tests.ts',
    'return charged.length >= chargedMax',
    'return charged.length >= 9 * chargedMax',
  ),
  mutation(
    'the winner is the best of the last stage',
    'coordinator/core/studies/stage-progress.ts',
    '      [...study.trials.values()].map(trialRecord),',
    '      (study.stages.at(-1)?.trials ?? []).map(trialRecord),',
  ),
  mutation(
    'a result that comes after the end changes what is said of the winner',
    'coordinator/core/results/results.ts',
    '!dueTests(study).includes(trial) || isOver(study.status))',
    '!dueTests(study).includes(trial))',
  ),
  mutation(
    'what a convicted worker measured of a winner counts',
    'coordinator/core/workers/exclusions.ts',
    'winner.tests.filter((test) => test.worker !== worker)',
    'winner.tests',
  ),
];
