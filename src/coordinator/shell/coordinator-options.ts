/** Coordinator options: what a coordinator needs of the process that runs it. */
import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import type { Reached } from '../../base/failpoint.ts';
import type { ReadCacheOptions } from '../../dataset/read-cache.ts';
import type { Store } from '../../store/store.ts';
import type { DescribeTrainer } from '../../study/trainer-description.ts';
import type { DispatcherSettings } from '../core/state/cluster-state.ts';
import type { UploadedFiles } from './uploaded-files.ts';

export interface CoordinatorOptions {
  readonly store: Store;
  readonly settings: DispatcherSettings;
  readonly dataDir: string;
  /** Where decoded data sets are cached; absent: nowhere. */
  readonly cache?: ReadCacheOptions | undefined;
  /** Where states that workers upload are stored; absent: nowhere. `stop` removes them. */
  readonly uploads?: UploadedFiles | undefined;
  readonly describeTrainer: DescribeTrainer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the process: an fsync failed, or a bug was found. */
  readonly endProcess: (error: unknown) => void;
  /** Runs V8's full collection; absent: V8 alone decides when it runs. */
  readonly collectGarbage?: () => void;
  readonly reached?: Reached;
  /** Starts a worker with the own token on this machine, which settles disputes and then leaves. */
  readonly startReferee?: () => void;
  /** Name of a study that will be submitted with `fresh`, so it is not resumed; null for none. */
  readonly startsAfresh?: string | null;
}
