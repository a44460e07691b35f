/** Worker table: the state, the load and the throughput of each worker. */
import { groupedNumber } from '../../report/text/number-format.ts';
import type { WorkerLine } from '../page-messages.ts';
import { trialAddress } from './route.ts';
import { percent } from './training-now.tsx';

const numberHeads: ReadonlySet<string> = new Set(['trials', 'per minute']);
const workerHeads = ['worker', 'state', 'threads', 'trains', ...numberHeads, 'kernel', 'address'];
/** Most trials of a row. */
const trialsShown = 4;

export function WorkerTable({ workers }: { readonly workers: readonly WorkerLine[] }) {
  return (
    <section aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {workers.length === 0 ? (
        <p class="empty">
          No worker has joined. Start one with <code>ridgeline worker --join …</code>; the
          coordinator printed the complete command.
        </p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of workers">
          <table>
            <thead>
              <tr>
                {workerHeads.map((head) => (
                  <th scope="col" key={head} class={numberHeads.has(head) ? 'number' : undefined}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <WorkerRow key={worker.name} worker={worker} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function WorkerRow({ worker }: { readonly worker: WorkerLine }) {
  return (
    <tr class={worker.state === 'lost' ? 'gone' : undefined}>
      <th scope="row">{worker.name}</th>
      <td>
        <span class={`state ${worker.state.replace(' ', '-')}`}>{worker.state}</span>
        {worker.reason !== null && <span class="small block">{worker.reason}</span>}
      </td>
      <td>
        <meter
          min={0}
          max={worker.threads}
          value={worker.busy}
          aria-label={`busy threads of ${worker.name}`}
        />
        <span class="small">
          {' '}
          {worker.busy}/{worker.threads}
        </span>
      </td>
      <td class="trains">
        {worker.running.slice(0, trialsShown).map(({ study, trial, step, steps }) => (
          <span key={`${study} ${trial}`}>
            <a href={trialAddress(study, trial)}>{trial}</a>{' '}
            <span class="small">{percent(step, steps)}</span>
          </span>
        ))}
        {worker.running.length > trialsShown && (
          <span class="small">and {worker.running.length - trialsShown} more</span>
        )}
      </td>
      <td class="number">{groupedNumber(worker.trialsCompleted)}</td>
      <td class="number">{worker.trialsPerMinute?.toFixed(1) ?? '–'}</td>
      <td>{worker.kernel}</td>
      <td class="small">{worker.address}</td>
    </tr>
  );
}
