/** Provenance: versions, data, arithmetic and seeds behind the numbers, and the commands that reproduce them. */
import { stringify } from 'yaml';
import { specFile } from '../../study/spec/canonical-spec.ts';
import { countText, timeText } from '../text/number-format.ts';
import { datasetText, reproducedText } from '../results/result-words.ts';
import type { StudyPicture } from '../charts/study-picture.ts';
import { descriptionList, html, ownMarkup, type Html } from './html-text.ts';
import { workerCount } from './report-facts.ts';

/** The program that wrote the report, and when. */
export interface ReportMaker {
  readonly ridgeline: string;
  readonly node: string;
  readonly writtenAtMs: number;
}

export function provenance({ record, results, attempts }: StudyPicture, maker: ReportMaker): Html {
  const { spec } = record;
  const workers = countText(workerCount(attempts), 'worker');
  const facts = {
    study: `${spec.study}, ${record.status}${record.reason === null ? '' : `: ${record.reason}`}`,
    started: timeText(record.createdAtMs),
    ended: record.endedAtMs === null ? 'not yet' : timeText(record.endedAtMs),
    seed: `${spec.seed}; with the study file it determines every trial to the last bit`,
    reproducible: spec.reproducible
      ? 'yes: all workers passed the arithmetic self-test with the digest below'
      : 'no: workers with any arithmetic took part',
    'self-test digest': record.selfTestDigest,
    'data set': datasetText(spec.dataset),
    'official release': officialText(record.officialData),
    workers: `${workers}, ${countText(attempts.length, 'attempt')}`,
    winner: winnerText(results.winner),
    written: `${timeText(maker.writtenAtMs)} by Ridgeline ${maker.ridgeline} on Node ${maker.node}`,
  };
  return html`
    ${descriptionList(Object.entries(facts))}
    <h3>Reproduce it</h3>
    <pre tabindex="0">
ridgeline run ${spec.study}.yaml                # the whole search
${winnerCommand(record)}${verifyCommand(results, spec.study)}ridgeline results ${spec.study} --format json   # these results for other programs</pre>
    <details>
      <summary>Digests of the data set's shards</summary>
      <pre tabindex="0">
${preLines(Object.entries(record.shardDigests).map(([shard, digest]) => `${digest}  ${shard}`))}</pre>
    </details>
    <details>
      <summary>The complete study file, ready for <code>ridgeline run</code></summary>
      <pre tabindex="0">${preLines(stringify(specFile(spec)).trimEnd().split('\n'))}</pre>
    </details>
  `;
}

function winnerCommand({ winner, spec }: StudyPicture['record']): Html | null {
  if (winner === null) return null;
  return html`ridgeline train ${spec.study}.yaml --winner # the winner, with the digest
  above${ownMarkup('\n')}`;
}

/** Without a completed trial there is nothing to compare. */
function verifyCommand({ best }: StudyPicture['results'], study: string): Html | null {
  if (best === null) return null;
  return html`ridgeline verify ${study} # trains trials again and compares them bit by
  bit${ownMarkup('\n')}`;
}

function officialText(official: boolean | null): string {
  if (official === null) return 'unknown: this data set has none';
  return official
    ? 'yes: every shard has the digest of the official release'
    : 'no: the files differ from it';
}

function winnerText(winner: StudyPicture['results']['winner']): string {
  if (winner === null) return 'none';
  const reproduced = reproducedText(winner);
  const digests = winner.digests.filter((digest) => digest !== null);
  const several = winner.digests.length > 1 ? 'mean of replicates with the digests' : 'digest';
  return `${winner.trial}, ${several} ${digests.join(' ') || 'unknown'}${reproduced === null ? '' : `; ${reproduced}`}`;
}

/** Lines with line breaks; a line break within foreign text is shown as an escape. */
function preLines(lines: readonly string[]): Html {
  return html`${lines.map((line) => html`${[line, ownMarkup('\n')]}`)}`;
}
