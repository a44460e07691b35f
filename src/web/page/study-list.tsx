/** Study list: a link for each study, in order of submission, with its progress. */
import { useEffect, useRef } from 'preact/hooks';
import { groupedNumber } from '../../report/text/number-format.ts';
import type { StudyLine } from '../page-messages.ts';
import { studyAddress } from './route.ts';

interface StudyListProps {
  readonly studies: readonly StudyLine[];
  readonly shown: string | null;
}

export function StudyList({ studies, shown }: StudyListProps) {
  const current = useRef<HTMLAnchorElement>(null);
  // On a narrow screen the list is one line that scrolls.
  useEffect(() => current.current?.scrollIntoView({ block: 'nearest', inline: 'start' }), [shown]);
  return (
    <ul class="studies">
      {studies.map((study) => (
        <li key={study.study}>
          <a
            ref={study.study === shown ? current : null}
            href={studyAddress(study.study)}
            aria-current={study.study === shown ? 'page' : undefined}
          >
            <span class="name">{study.study}</span>
            <span class={`state ${study.status}`}>{study.status}</span>
            <span class="small">
              {groupedNumber(study.done)} of {groupedNumber(study.total)}
              {study.stage === null ? '' : `, ${study.stage}`}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
