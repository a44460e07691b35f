/** Study list: a link for each study, in order of submission, with its progress; checked ones are compared. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { groupedNumber } from '../../report/text/number-format.ts';
import type { StudyLine } from '../page-messages.ts';
import { comparisonAddress, studyAddress } from './route.ts';

/** More charts side by side would be too small. */
const comparedMax = 4;

interface StudyListProps {
  readonly studies: readonly StudyLine[];
  readonly shown: string | null;
  /** Studies that are shown side by side. */
  readonly compared: readonly string[];
}

export function StudyList({ studies, shown, compared }: StudyListProps) {
  const [checked, setChecked] = useState(compared);
  const toggle = (study: string): void =>
    setChecked(
      checked.includes(study)
        ? checked.filter((name) => name !== study)
        : [...checked, study].slice(-comparedMax),
    );
  const current = useRef<HTMLAnchorElement>(null);
  // On a narrow screen the list is one line that scrolls.
  useEffect(() => current.current?.scrollIntoView({ block: 'nearest', inline: 'start' }), [shown]);
  return (
    <>
      {checked.length > 1 && (
        <a class="compare" href={comparisonAddress(checked)}>
          Compare {checked.length} studies
        </a>
      )}
      <ul class="studies">
        {studies.map((study) => (
          <li key={study.study}>
            {studies.length > 1 && (
              <input
                type="checkbox"
                checked={checked.includes(study.study)}
                aria-label={`Compare ${study.study}`}
                title="Compare with other studies"
                onChange={() => toggle(study.study)}
              />
            )}
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
    </>
  );
}
