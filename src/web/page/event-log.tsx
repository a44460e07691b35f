/** Event log: the newest events of the shown study and of the workers, by day. */
import type { LogLine } from '../page-messages.ts';
import { clockText, dayText, zoneText } from './format.ts';

interface EventLogProps {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** Events of other studies are left out; null for none. */
  readonly study: string | null;
}

export function EventLog({ lines, study }: EventLogProps) {
  const shown = lines.filter((line) => line.study === null || line.study === study).toReversed();
  const days = [...Map.groupBy(shown, ({ atMs }) => dayText(atMs))];
  return (
    <section aria-labelledby="log">
      <div class="title">
        <h2 id="log">Events</h2>
        <span class="small">times in {zoneText()}</span>
      </div>
      {shown.length === 0 && <p class="empty">Nothing has happened yet.</p>}
      <div class="log" tabIndex={0} role="log" aria-label="Events, newest first" aria-live="off">
        {days.map(([day, ofDay]) => (
          <div key={day}>
            <h3>{day}</h3>
            <ol>
              {ofDay.map((line) => (
                <li key={line.sequence}>
                  <time dateTime={new Date(line.atMs).toISOString()}>{clockText(line.atMs)}</time>{' '}
                  <b>{line.what.replaceAll('-', ' ')}</b> {line.detail}
                </li>
              ))}
            </ol>
          </div>
        ))}
      </div>
    </section>
  );
}
