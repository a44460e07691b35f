/** Where the numbers come from: versions, data, arithmetic, seeds, and the commands that give them again. */
import { stringify } from 'yaml';
import { fileShape } from '../../study/spec/file-shape.ts';
import { countText } from '../text/number-format.ts';
import type { StudyPicture } from '../charts/study-charts.ts';
import { html, ownMarkup, type Html } from './html-text.ts';
import { timeText } from './report-tables.ts';

/** What made the report, told by whoever runs it. */
export interface ReportMaker {
  readonly ridgeline: string;
  readonly node: string;
  readonly writtenAtMs: number;
}

export function provenance({ record, results, attempts }: StudyPicture, maker: ReportMaker): Html {
  const { spec } = record;
  const workers = new Set(attempts.map(({ worker }) => worker)).size;
  const facts: readonly (readonly [string, string])[] = [
    ['study', `${spec.study}, ${record.status}`],
    ['started', timeText(record.createdAtMs)],
    ['ended', record.endedAtMs === null ? 'not yet' : timeText(record.endedAtMs)],
    ['seed', `${spec.seed}; with the study file it determines every trial to the last bit`],
    [
      'numerics',
      spec.numerics === 'canonical'
        ? 'canonical: only workers with the known answer below took part'
        : 'any',
    ],
    ['known answer', record.selfTestDigest],
    [
      'data set',
      spec.dataset.source.kind === 'named' ? spec.dataset.source.name : spec.dataset.source.path,
    ],
    ['official release', officialText(record.officialData)],
    ['workers', `${countText(workers, 'worker')}, ${countText(attempts.length, 'attempt')}`],
    ['winner', winnerText(results.winner)],
    [
      'written',
      `${timeText(maker.writtenAtMs)} by Ridgeline ${maker.ridgeline} on Node ${maker.node}`,
    ],
  ];
  return html`
    <dl class="provenance">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <h3>The same again</h3>
    <pre tabindex="0">
ridgeline run ${spec.study}.yaml                # the whole search
ridgeline train ${spec.study}.yaml --winner     # the winner, with the digest above
ridgeline verify ${spec.study}                  # trials trained again and compared bit by bit
ridgeline results ${spec.study} --format json   # these results for other programs</pre>
    <details>
      <summary>Digests of the data set's parts</summary>
      <pre tabindex="0">
${linesOf(Object.entries(record.shardDigests).map(([part, digest]) => `${digest}  ${part}`))}</pre>
    </details>
    <details>
      <summary>The study file, in full: <code>ridgeline plan</code> takes it as it is</summary>
      <pre tabindex="0">${linesOf(stringify(fileShape(spec)).trimEnd().split('\n'))}</pre>
    </details>
  `;
}

function officialText(official: boolean | null): string {
  if (official === null) return 'there is none to compare with';
  return official
    ? 'yes: every part has the digest of the official release'
    : 'no: the files differ from it';
}

function winnerText(winner: StudyPicture['results']['winner']): string {
  if (winner === null) return 'none yet';
  const again =
    winner.reproduced === null
      ? ''
      : `; ${winner.reproduced ? 'reproduced' : 'NOT reproduced'}${winner.testWorker === null ? '' : ` on worker ${winner.testWorker}`}`;
  return `${winner.trial}, digest ${winner.digest ?? 'unknown'}${again}`;
}

/** Every line with a break of ours; a break inside of foreign text is shown as an escape. */
function linesOf(lines: readonly string[]): Html {
  return html`${lines.map((line) => html`${[line, ownMarkup('\n')]}`)}`;
}
