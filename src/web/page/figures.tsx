/** Figures: the most important numbers, large, each below its name. */

export interface Figure {
  readonly label: string;
  readonly value: string;
  /** Smaller text after the value. */
  readonly note?: string | undefined;
}

export function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <dl class="figures">
      {figures.map(({ label, value, note }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value}
            {note !== undefined && <span class="small"> {note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
