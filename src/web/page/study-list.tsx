/** Study list: a link for each study, in order of submission, with its progress. */
import { groupedNumber } from '../../report/text/number-format.ts';
import type { StudyLine } from '../page-messages.ts';

interface StudyListProps {
  readonly studies: readonly StudyLine[];
  readonly shown: string | null;
}

export function StudyList({ studies, shown }: StudyListProps) {
  return (
    <ul class="studies">
      {studies.map((study) => (
        <li key={study.study}>
          <a
            href={`#/study/${encodeURIComponent(study.study)}`}
            aria-current={study.study === shown ? 'page' : undefined}
          >
            <span class="name">{study.study}</span>
            <span class={`state ${study.status}`}>{study.status}</span>
            <span class="small">
              {study.stage === null
                ? `${groupedNumber(study.total)} trials in the last stage`
                : `${study.stage}: ${groupedNumber(study.done)} of ${groupedNumber(study.total)}`}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
