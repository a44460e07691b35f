/** Rounded values: recognizes a λ that was copied from a table, which shows few of its digits. */
import { stageStart } from '../../search/planning/model-rounds.ts';
import { sampleTrials } from '../../search/samplers/sample-trials.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import {
  formatParam,
  givenDistribution,
  type Params,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { trialName } from '../../study/trial.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';

interface NamedParams {
  readonly trial: string;
  readonly params: Params;
}

/** Prints which trial of the study was probably meant, if one has the same digits in tables and another λ. */
export async function noteRounded(spec: StudySpec, lambda: number, context: Context) {
  const stored = await storedTrials(spec.study, context);
  const trials = stored.length > 0 ? stored : plannedTrials(spec);
  const isRounded = ({ params }: NamedParams): boolean =>
    typeof params['lambda'] === 'number' &&
    params['lambda'] !== lambda &&
    formatParam(params['lambda']) === formatParam(lambda);
  const meant = trials.find(isRounded);
  if (meant === undefined || trials.some(({ params }) => params['lambda'] === lambda)) return;
  say(
    context,
    `λ ${lambda} is near that of ${meant.trial}, ${meant.params['lambda']}: --trial ${meant.trial} (or that number) gives its digest`,
  );
}

async function storedTrials(study: string, context: Context): Promise<NamedParams[]> {
  await using reader = await openStoreReader(stateDirectory(context));
  if ((await reader.study(study)) === null) return [];
  const trials = await reader.trials(study);
  return trials.map(({ id, params }) => ({ trial: trialName(id), params }));
}

/** Trials of the stages whose ranges the file has. */
function plannedTrials(spec: StudySpec): NamedParams[] {
  return spec.stages.flatMap((stage) => {
    const space: Record<string, SearchSpace[string]> = {};
    for (const [parameter, from] of Object.entries(stage.search)) {
      const distribution = givenDistribution(from);
      if (distribution === null) return [];
      space[parameter] = distribution;
    }
    return sampleTrials({ ...spec, replicates: 1 }, stageStart(spec, stage), space).map(
      ({ id, params }) => ({
        trial: trialName(id),
        params,
      }),
    );
  });
}
