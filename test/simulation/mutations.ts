/**
 * The planted bugs, one at a time: they show that the histories really test each promise.
 *
 * Comments in the sources mark their places (`planted-bugs.ts`).
 */

export interface PlantedBug {
  readonly name: string;
  /** The bug as a sentence. */
  readonly claim: string;
  /** The replaced source texts by marker; `…` is replaced by the original text. */
  readonly replacements: Readonly<Record<string, string>>;
}

/** @param texts for the markers `name`, `name-2`, `name-3`, … */
function bug(name: string, claim: string, ...texts: readonly string[]): PlantedBug {
  const replacements = texts.map((text, index) => [
    index === 0 ? name : `${name}-${index + 1}`,
    text,
  ]);
  return { name, claim, replacements: Object.fromEntries(replacements) };
}

export const plantedBugs: readonly PlantedBug[] = [
  bug(
    'effects-before-commit',
    'results are acknowledged, and assignments sent, before the commit',
    'for (const perform of group.effects.splice(0)) perform();\n…',
  ),
  bug(
    'unfenced-progress',
    'a heartbeat renews the lease of a pack that makes no progress',
    'if (pack === undefined) return;',
  ),
  bug(
    'wall-clock-leases',
    'leases use the wall clock',
    'const deadlineMs = now.wallMs + state.settings.leaseMs;',
    'pack.deadlineMs = turn.now.wallMs + turn.state.settings.leaseMs;',
    'if (now.wallMs < pack.deadlineMs && !isCutOff) continue;',
  ),
  bug(
    'leases-end-after-own-pause',
    'leases end right after a pause of the coordinator itself',
    'if (gapMs >= 0) return;',
  ),
  bug(
    'results-of-another-seed-are-reused',
    'a trial takes the result of a trial with another seed',
    "const parts = [selfTestDigest, data, spec.test === 'all'];",
  ),
  bug(
    'results-of-another-replicate-are-reused',
    'a trial takes the result of another replicate',
    'return sha256(`${ofStudy} ${replicate > 0} ${settings}`);',
  ),
  bug(
    'unaudited-results-are-reused',
    'a study that audits takes results that were not audited',
    "if (audit !== 'disputed') return true;",
  ),
  bug(
    'names-have-votes',
    'each name of a worker has a vote, although a worker chooses its name',
    'const voter = attempt.worker;',
  ),
  bug('referee-trains-trials', 'the worker that settles disputes trains trials of the search', ''),
  bug(
    'contested-winner-is-tested-by-workers',
    'another worker tests a winner whose test gave another result, before the referee',
    'const isContested = contestedTests(state, study).length < 0;',
  ),
  bug(
    'referee-does-not-settle-tests',
    'a worker stays whose test of the winner differs from that of the referee',
    'void reason;',
  ),
  bug(
    'retried-winner-has-no-tests',
    'tests that failed before the winner was chosen again count',
    'const before = 0;',
  ),
  bug(
    'dispute-does-not-wait-for-referee',
    'another worker computes a disputed trial before the referee has had its time to join',
    'if (isReferee(worker)) return false;',
  ),
  bug(
    'returning-session-shares-a-name',
    'a session that comes back has the name of another connected worker',
    'if (!state.workers.has(session)) worker.name = freeName(state, worker);',
  ),
  bug(
    'returned-counts-as-failure',
    'a returned attempt counts as a failure',
    "return outcome === 'returned' || outcome === 'crashed' || outcome === 'timeout';",
  ),
  bug(
    'duplicate-is-counted',
    'a duplicate counts as a completed trial of its worker',
    "…\nif (answer === 'duplicate') worker.trialsCompleted += 1;",
  ),
  bug(
    'worker-audits-itself',
    'a worker audits its own trial though another worker is available',
    'if (turn.state.workers.size > 0) return true;',
  ),
  bug(
    'result-after-stage-closed',
    'a late result is accepted after its stage has closed',
    'return acceptsResult(trial) && !isOver(study.status);',
  ),
  bug(
    'result-of-another-session',
    'a session can report the result of an attempt of another session',
    'if (!study || !trial || !attempt) return null;',
  ),
  bug(
    'stage-closes-before-audits',
    'a stage closes before its audits are settled',
    'settleAudits(turn, study, stage);',
  ),
  bug(
    'race-continues-before-audits',
    'a race starts its next round before the audits are settled',
    'if (startRound(turn, study, stage)) return;\n…',
  ),
  bug(
    'model-proposes-without-results',
    'the model proposes a trial before the results that it uses exist',
    '',
  ),
  bug(
    'model-reads-later-results',
    'the model reads every result that exists, whatever the round or the lag',
    'evidence = collectEvidence(plan, done, given, setting.trials);',
  ),
  bug('ranks-are-not-stored', 'a stage closes without stored ranks', ''),
  bug(
    'failed-trial-is-packed',
    'a trial whose pack has failed is packed with other trials again',
    'return trial.failures > 2;',
  ),
  bug(
    'failed-trial-returns-to-worker',
    'a trial returns to the worker on which it failed though another worker is available',
    'return !preferred.includes(worker) && workers.length > 99;',
  ),
  bug(
    'exclusion-is-not-stored',
    'a restart forgets an exclusion',
    "turn.log('excluded', `${session} ${worker}`);",
  ),
  bug('restart-forgets-attempts', 'a restart forgets the running attempts', ''),
  bug(
    'returning-worker-loses-packs',
    'a worker that comes back loses the packs that it holds',
    'endPack(turn, worker, pack, pack.step < 0 ? notArrived : notHeld);',
  ),
  bug(
    'returning-audit-is-aborted',
    'an audit is aborted when its worker comes back with it',
    "if (!isWanted) abortPack(turn, pack, 'its results are no longer needed');",
  ),
  bug('obsolete-attempts-stay-open', 'attempts whose result is no longer needed stay open', ''),
  bug('trials-fail-four-times', 'a trial is tried a fourth time', 'export const maxFailures = 4;'),
  bug(
    'excluded-worker-counts',
    'a result of an excluded worker is accepted',
    "if (trial.status === 'cancelled') return 'cancelled';",
  ),
  bug(
    'one-vote-decides',
    'one vote against one decides which result is correct',
    'const isDecided = second === undefined || first[1].size >= second[1].size;',
  ),
  bug(
    'only-digests-are-compared',
    'results with equal digests and different metrics count as equal',
    "return sha256(`${result.kind} ${result.steps}`, result.kind === 'complete' ? result.digest : points);",
  ),
  bug(
    'worker-gets-extra-pack',
    'a worker gets more packs than it has threads',
    'const free = worker.threads + 1 - worker.packs.size;',
  ),
  bug(
    'reports-are-not-kept',
    'a worker does not keep its results until they are answered',
    'if (!this.#online) this.#reports.set(pack, { message, unanswered });',
  ),
  bug(
    'race-loses-bits',
    'a race loses the validation bits of its trials',
    'const isRacing = false;',
  ),
  bug('contradictions-are-accepted', 'a result that contradicts itself is accepted', ''),
  bug('test-metrics-are-accepted', 'a result has test metrics that were not requested', ''),
  bug(
    'accuracy-is-not-counted',
    'an accuracy that its validation bits do not give is accepted',
    '',
  ),
  bug(
    'winner-settled-by-first-test',
    'the first test settles a winner with several replicates',
    '',
  ),
  bug(
    'result-of-removed-study',
    'a result of a removed study counts for the new study of the same name',
    '',
  ),
  bug(
    'extended-race-loses-bits',
    'an extended race has lost the validation bits of its earlier trials',
    'const isDecided = stage.record.closed;',
  ),
  bug(
    'tests-continue-after-extension',
    'tests of a winner continue after its study was extended',
    '',
  ),
  bug(
    'fresh-study-shares-pack-names',
    'packs of a fresh study have the names of packs of the removed one',
    'this.stamp = sha256(spec.study).slice(0, 12);',
  ),
  bug(
    'repetition-before-exclusion-counts',
    'a result that only an excluded worker has computed and repeated stays verified',
    'if (trial.audit !== null) return false;',
  ),
  bug(
    'restart-does-not-wait-for-auditors',
    'after a restart, audits do not wait for workers that may come back',
    '',
  ),
  bug(
    'audit-does-not-wait-for-lost-stream',
    'an audit does not wait for a worker whose stream has just closed',
    'return ableWorkers(state, study).some(isNew);',
  ),
  bug('cancelled-study-runs-on', 'running packs of a cancelled study are not aborted', ''),
  bug('retried-trial-keeps-failures', 'a trial that is retried keeps its failures in memory', ''),
  bug('retried-trial-is-queued-twice', 'a cancelled trial that is retried is queued twice', ''),
  bug(
    'retry-leaves-stage-closed',
    'a trial of a closed stage is retried, and the stage stays closed',
    'const reopened: typeof study.stages = [];',
  ),
  bug(
    'farewell-is-ignored',
    'a pack that was on its way when its worker said goodbye stays assigned to it',
    '',
  ),
  bug(
    'leaving-worker-is-charged',
    'a worker that is killed while it leaves counts a failure for its trials',
    '',
  ),
  bug(
    'drain-is-forgotten',
    'a drained worker gets work after its stream was closed',
    'worker.draining = false;',
  ),
  bug(
    'fetch-is-not-repeated',
    'a worker whose stream closed during a fetch is not asked again for the data set',
    '',
  ),
  bug(
    'drawn-trials-are-not-audited',
    'trials of the random share are not audited',
    'return best.has(trial.id.index);',
  ),
  bug('failed-worker-does-not-pause', 'a worker does not pause after a failure', ''),
  bug(
    'incompatible-worker-gets-work',
    'a worker with other arithmetic gets work of a reproducible study',
    'return true;',
  ),
  bug(
    'unallowed-worker-gets-work',
    'a worker gets trials of a study whose program it does not allow',
    'true',
  ),
  bug(
    'winner-tested-where-trained',
    'a winner is tested by the worker that trained it though another worker is available',
    'const preferred = able;',
  ),
  bug(
    'winner-tested-without-limit',
    'tests of a winner have no limit of failures',
    'return failures.length >= 9 * maxFailures * Math.max(1, trials.length);',
  ),
  bug(
    'winner-of-last-stage',
    'the winner is the best trial of the last stage only',
    'const trials = (study.stages.at(-1)?.trials ?? []).map(trialRecord);',
  ),
  bug(
    'late-test-changes-winner',
    'a test result that arrives after the end of the study changes the winner',
    "if (winner === null || !isDue) return 'cancelled';",
  ),
  bug(
    'excluded-test-counts',
    'a test of the winner by an excluded worker counts',
    'const { tests } = winner;',
  ),
  bug(
    'unproven-machine-counts',
    'a crash on a machine that has finished nothing counts against the trial',
    'return true;',
  ),
  bug('crash-in-company-counts', 'a crash of a pack counts against all of its trials', ''),
  bug(
    'broken-worker-counts',
    'crashes on a worker on which everything fails count against the trials',
    '',
  ),
  bug(
    'cut-counts-as-death',
    'a connection that closes counts as the death of a process',
    'if (isOpen && worker !== undefined) noteDeath(turn, worker, pack);',
  ),
  bug('deaths-have-no-limit', 'a trial that ends every process is tried without end', ''),
  bug(
    'slow-worker-loses-leases',
    'a worker loses the lease of a pack before its first step',
    'return false;',
  ),
  bug(
    'new-name-escapes-backoff',
    'a worker that joins under a new name does not rest after losses',
    'return [machine];',
  ),
  bug(
    'trials-do-not-rest',
    'a trial that was tried in vain is assigned at once again and again',
    'return false;',
  ),
  bug(
    'rung-decided-before-all-results',
    'trials at a rung are compared before all results of the rung have arrived',
    '',
  ),
  bug(
    'votes-of-other-rungs-count',
    'results of a trial at different rungs are compared with each other',
    'true',
  ),
  bug(
    'rung-digest-is-not-compared',
    'a trial that is trained again from the first step may pass another state at its rung',
    '',
  ),
  bug(
    'audit-continues-from-state',
    'an audit continues from a kept state instead of training from the first step',
    '',
  ),
  bug(
    'state-of-another-digest',
    'a trial continues from a state of its rung with another digest',
    "return { training, step, digest: '' };",
  ),
  bug(
    'state-of-another-step',
    'a trial continues from a state at another step than its rung',
    "return { training, step: 0, digest: '' };",
  ),
  bug(
    'upload-counts-as-progress',
    'an upload of a state renews the leases of its worker',
    '…\nfor (const pack of this.state.packs.values()) if (pack.session === session) pack.deadlineMs = Infinity;',
  ),
  bug(
    'upload-counts-as-audit',
    'an upload of a state counts as a second result',
    "if (place !== null) {\n…\nplace.trial.audit = 'verified';\n}",
  ),
  bug(
    'audit-receives-uploaded-state',
    'an audit continues from a state that another worker has uploaded',
    'const state = uploadedState(turn.state, study, trial, rung);',
  ),
  bug(
    'uploaded-state-of-another-result',
    'a trial receives an uploaded state of a result that was replaced',
    '',
  ),
  bug(
    'unverified-state-is-used',
    'a trial continues from an uploaded state whose result was not audited',
    'if (rung === null) return null;',
  ),
  bug('uploads-are-kept-after-stage', 'uploaded states stay after their stage has closed', ''),
  bug('states-are-kept-after-stage', 'workers keep the states of a stage that has closed', ''),
  bug(
    'trial-waits-for-its-state',
    'a trial waits for the worker that has its state, also if it is lost',
    'return true;',
  ),
  bug(
    'stopped-trial-is-ranked',
    'a stopped trial is ranked by its accuracy at the rung',
    "if (trial.audit === 'disputed' || !['complete', 'stopped'].includes(trial.status) || trial.result === null) return null;",
  ),
  bug(
    'probation-is-not-audited',
    'results of a restarted worker that was excluded before are not audited',
    'return false;',
  ),
  bug(
    'moved-trial-keeps-failures',
    'a trial that a late result brings to its rung keeps its failures, and fails with the next loss',
    '',
  ),
  bug(
    'extension-keeps-decisions',
    'a stage that gains trials keeps the decisions of its former level',
    '',
  ),
  bug('budget-is-exceeded', 'trials are opened that do not fit in the budget of steps', '', ''),
  bug(
    'target-before-earlier-trials',
    'a target ends the search while earlier trials are open',
    'if (!trials.every(isEnded)) continue;',
  ),
  bug(
    'time-ends-without-a-cut',
    'trials that end after the time of the study, or out of order, count',
    '',
  ),
  bug('studies-wait-for-earlier-ones', 'a study waits until earlier ones need no thread', ''),
];
