/** Replay check: `ridgeline verify --decisions` finds no difference in what an honest coordinator has stored. */
import { assert } from '../../src/base/assert.ts';
import { replayDecisions, type StoredDecisions } from '../../src/search/planning/replay.ts';
import { studyChanges } from '../../src/study/study-changes.ts';
import { trialSettings } from '../../src/study/trial-settings.ts';
import { twoLayer } from '../../src/trainers/two-layer/description.ts';
import type { ModelStore } from './model-store.ts';
import { trainRecords, validationImages } from './simulated-results.ts';

export function checkReplay(store: ModelStore): void {
  for (const name of store.studies.keys()) {
    const [first] = replayDecisions(storedDecisions(store, name)).differences;
    assert(
      first === undefined,
      () => `the decisions of ${name} follow from its results: ${JSON.stringify(first)}`,
    );
  }
}

export function storedDecisions(store: ModelStore, name: string): StoredDecisions {
  const { record } = store.study(name);
  const log = store.events.filter(({ study }) => study === name);
  return {
    study: record,
    trials: store.trials(name),
    ranks: store.ranks.get(name) ?? [],
    validationCount: validationImages,
    rungs: (params) => twoLayer.rungs(trialSettings(record.spec.trainer, params), trainRecords),
    changes: studyChanges(log, store.attempts(name)),
  };
}
