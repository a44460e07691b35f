/** Trial view: one trial: its values, learning curve, attempts, and the command that trains it again. */
import { metricIn } from '../../report/results/metric-values.ts';
import { objectiveMetric, studyRankText } from '../../report/results/result-fields.ts';
import {
  durationText,
  groupedNumber,
  metricName,
  metricText,
  valueWithError,
} from '../../report/text/number-format.ts';
import { formatParam, parameterSymbol, type Params } from '../../study/search-space.ts';
import type { AttemptLine, StudyPage, TrialDetail } from '../page-messages.ts';
import { CopyButton } from './copy-button.tsx';
import { Curves } from './curves.tsx';
import { Figures, type Figure } from './figures.tsx';
import { dateText } from './format.ts';
import { studyAddress, trialAddress } from './route.ts';
import { requestTrial } from './study-requests.ts';
import { useAnswer } from './use-answer.ts';

interface TrialViewProps {
  readonly page: StudyPage;
  /** Name of the trial. */
  readonly trial: string;
}

export function TrialView({ page, trial }: TrialViewProps) {
  const answer = useAnswer(trial, page, () => requestTrial(page.study, trial));
  const detail = answer.isOld ? null : answer.value;
  return (
    <>
      <section aria-labelledby="trial" class="study">
        <p>
          <a href={studyAddress(page.study)}>← {page.study}</a>
        </p>
        <div class="title">
          <h2 id="trial">{trial}</h2>
          {detail !== null && <span class={`state ${detail.row.status}`}>{detail.row.status}</span>}
          {trial === page.winner?.trial && <span class="badge">winner</span>}
        </div>
        {detail === null ? (
          <p class="empty">{answer.problem ?? 'Loading…'}</p>
        ) : (
          <Facts page={page} detail={detail} />
        )}
      </section>
      {detail !== null && detail.curve.length > 0 && (
        <section aria-labelledby="curve">
          <h2 id="curve">Learning curve</h2>
          <Curves
            page={page}
            curves={[{ trial, params: detail.row.params, points: detail.curve }]}
            title={`${page.study}: learning curve of ${trial}`}
          />
        </section>
      )}
      {detail !== null && <Attempts attempts={detail.attempts} />}
    </>
  );
}

interface FactsProps {
  readonly page: StudyPage;
  readonly detail: TrialDetail;
}

function Facts({ page, detail }: FactsProps) {
  const { row, mean, replicates, command } = detail;
  return (
    <>
      <Figures figures={trialFigures(page, detail)} />
      {row.reason !== null && <p>{row.reason}</p>}
      <dl class="facts-list">
        {Object.entries(row.params).map(([name, value]) => (
          <Fact key={name} name={parameterSymbol(name)}>
            {exactText(value)}
          </Fact>
        ))}
        {mean !== null && (
          <Fact name="replicates">
            {replicates.map(({ trial }) => (
              <a
                key={trial}
                href={trialAddress(page.study, trial)}
                aria-current={trial === row.trial ? 'page' : undefined}
              >
                {trial}
              </a>
            ))}
            <span class="small">
              mean {valueWithError(objectiveMetric(page), mean.value, mean.standardError) ?? '–'}
            </span>
          </Fact>
        )}
        {page.metrics
          .filter(({ name }) => metricIn(row, name) !== null)
          .map((metric) => (
            <Fact key={metric.name} name={metricName(metric)}>
              {metricText(metric, metricIn(row, metric.name))}
            </Fact>
          ))}
        <Fact name="worker">{row.worker}</Fact>
        <Fact name="steps">{row.steps && groupedNumber(row.steps)}</Fact>
        <Fact name="training time">
          {row.seconds === null ? null : `${row.seconds.toFixed(2)} s`}
        </Fact>
        <Fact name="verified">{detail.verification}</Fact>
        <Fact name="digest">
          {row.digest !== null && (
            <>
              <code>{row.digest}</code> <CopyButton text={row.digest} what="the digest" />
            </>
          )}
        </Fact>
        <Fact name="train again">
          {command !== null && (
            <>
              <code>{command}</code> <CopyButton text={command} what="the command" />
            </>
          )}
        </Fact>
      </dl>
    </>
  );
}

/** All digits: `1.656184956589053e-6`. */
function exactText(value: Params[string]): string {
  return typeof value === 'number' && value !== 0 && Math.abs(value) < 0.01
    ? value.toExponential()
    : String(value);
}

/** Nothing without a value. */
function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: preact.ComponentChildren;
}) {
  if (children === null || children === false || children === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function trialFigures(page: StudyPage, { row, mean }: TrialDetail): Figure[] {
  const metric = objectiveMetric(page);
  const { parameter, styles } = page;
  const value = parameter === null ? undefined : row.params[parameter];
  return [
    ...(parameter === null || value === undefined
      ? []
      : [{ label: parameterSymbol(parameter), value: formatParam(value, styles?.[parameter]) }]),
    {
      label: metricName(metric),
      value: valueWithError(metric, row.value, row.standardError) ?? '–',
    },
    {
      label: 'rank in the study',
      value: studyRankText(mean ?? row) ?? '–',
      note: `of ${groupedNumber(page.rowsTotal)}`,
    },
  ];
}

const heads = ['attempt', 'kind', 'worker', 'outcome', 'assigned', 'took'] as const;

function Attempts({ attempts }: { readonly attempts: readonly AttemptLine[] }) {
  return (
    <section aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      {attempts.length === 0 ? (
        <p class="empty">No worker has received this trial yet.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of attempts">
          <table class="narrow">
            <thead>
              <tr>
                {heads.map((head) => (
                  <th scope="col" key={head} class={head === 'took' ? 'number' : undefined}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {attempts.map((one) => (
                <tr key={one.attempt}>
                  <th scope="row">{one.attempt}</th>
                  <td>{one.kind}</td>
                  <td>{one.worker}</td>
                  <td>
                    {one.outcome ?? 'open'}
                    {one.reason !== null && <span class="small block">{one.reason}</span>}
                  </td>
                  <td>{dateText(one.assignedAtMs)}</td>
                  <td class="number">
                    {one.endedAtMs === null ? '–' : durationText(one.endedAtMs - one.assignedAtMs)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
