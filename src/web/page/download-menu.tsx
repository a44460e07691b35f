/** Download menu: the files of a study. The server writes each when it is requested, which may take a while. */
import { useState } from 'preact/hooks';
import { downloadNames, type DownloadName } from '../page-messages.ts';
import { requestFile } from './study-requests.ts';

const labels: Readonly<Record<DownloadName, string>> = {
  'report.html': 'report (HTML)',
  'results.csv': 'all trials (CSV)',
  'results.json': 'all trials (JSON)',
  'results.parquet': 'all trials (Parquet)',
  'measurements.csv': 'all learning curves (CSV)',
  'scatter.svg': 'scatter (SVG)',
  'scatter.png': 'scatter (PNG)',
  'slices.svg': 'slices of the hyperparameters (SVG)',
  'slices.png': 'slices of the hyperparameters (PNG)',
  'curves.svg': 'curves of the best, median and worst trial (SVG)',
  'curves.png': 'curves of the best, median and worst trial (PNG)',
};

interface DownloadMenuProps {
  readonly study: string;
  /** Whether it searches one number, which a scatter shows; slices show anything else. */
  readonly hasScatter: boolean;
}

export function DownloadMenu({ study, hasScatter }: DownloadMenuProps) {
  const isOther = (name: DownloadName): boolean =>
    name.startsWith(hasScatter ? 'slices' : 'scatter');
  const [state, setState] = useState<string | null>(null);
  const download = async (name: DownloadName): Promise<void> => {
    setState(`Preparing ${name}…`);
    const { value, problem } = await requestFile(study, name);
    if (value !== null) save(value, `${study}-${name}`);
    setState(value === null ? (problem ?? 'The coordinator does not answer.') : `Saved ${name}.`);
  };
  return (
    <details class="menu">
      <summary>Download</summary>
      <ul>
        {downloadNames
          .filter((name) => !isOther(name))
          .map((name) => (
            <li key={name}>
              <button type="button" onClick={() => void download(name)}>
                {labels[name]}
              </button>
            </li>
          ))}
        <li class="small" role="status">
          {state}
        </li>
      </ul>
    </details>
  );
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser reads the content after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
