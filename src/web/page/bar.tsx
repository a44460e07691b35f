/** Bar: how much of a stage has ended, and how: complete in blue, failed in red, cancelled in grey. */
import type { StageLine } from '../page-messages.ts';

export function Bar({ stage }: { readonly stage: StageLine }) {
  const { counts, trials, name } = stage;
  const ended = ['complete', 'failed', 'cancelled'] as const;
  const all = Math.max(1, trials);
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={`progress of stage ${name}`}
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={ended.reduce((sum, status) => sum + counts[status], 0)}
    >
      {ended.map((status) => (
        <span key={status} class={status} style={{ width: `${(100 * counts[status]) / all}%` }} />
      ))}
    </div>
  );
}
