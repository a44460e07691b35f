/** Parts that do not depend on the shown study: the workers and the log. */
import type { LogLine, WorkerLine } from '../page-messages.ts';
import { clockText, countText } from './format.ts';

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
                <th scope="col">worker</th>
                <th scope="col">state</th>
                <th scope="col">threads</th>
                <th scope="col" class="number">
                  trials
                </th>
                <th scope="col" class="number">
                  per minute
                </th>
                <th scope="col">kernel</th>
                <th scope="col">address</th>
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
      <td class="number">{countText(worker.trialsCompleted)}</td>
      <td class="number">{worker.trialsPerMinute?.toFixed(1) ?? '–'}</td>
      <td>{worker.kernel}</td>
      <td class="small">{worker.address}</td>
    </tr>
  );
}

export function EventLog({ lines }: { readonly lines: readonly LogLine[] }) {
  return (
    <section aria-labelledby="log">
      <h2 id="log">Log</h2>
      {lines.length === 0 && <p class="empty">The log is empty.</p>}
      <div class="log" tabIndex={0} role="log" aria-label="Events, newest first" aria-live="off">
        <ol>
          {lines.toReversed().map((line) => (
            <li key={line.sequence}>
              <time dateTime={new Date(line.atMs).toISOString()}>{clockText(line.atMs)}</time>{' '}
              <b>{line.what.replaceAll('-', ' ')}</b>{' '}
              {line.study !== null && <span class="small">{line.study}</span>} {line.detail}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
