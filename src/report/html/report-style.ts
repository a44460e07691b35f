/** The report's style sheet: light and dark, narrow and wide, and paper. It loads nothing. */
import { darkChartRules } from '../charts/chart-style.ts';

export const reportStyle = `
:root { color-scheme: light dark; --surface: #ffffff; --ink: #1a1a1a; --quiet: #5a5f66; --line: #d9dce1; --tint: #f3f5f8; --accent: #0072b2; --warn: #9a4a00; --warn-tint: #fff4e8; }
@media (prefers-color-scheme: dark) { :root { --surface: #14171b; --ink: #e8eaed; --quiet: #a3a9b2; --line: #343a43; --tint: #1d2127; --accent: #6ab7e8; --warn: #ffb27a; --warn-tint: #2b2018; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--surface); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, figcaption, caption { color: var(--quiet); font-size: .9rem; }
.answer { font-size: 1.15rem; border-left: 4px solid var(--accent); padding: .25rem 0 .25rem 1rem; margin: 1.25rem 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; }
.facts div { background: var(--tint); border-radius: .5rem; padding: .75rem .9rem; }
.facts dt { color: var(--quiet); font-size: .85rem; }
.facts dd { margin: 0; font-size: 1.25rem; font-weight: 650; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--quiet); }
.warnings { background: var(--warn-tint); border-left: 4px solid var(--warn); border-radius: 0 .5rem .5rem 0; padding: .75rem 1rem; margin: 1.25rem 0; }
.warnings h2 { border: 0; margin: 0; padding: 0; font-size: 1rem; color: var(--warn); }
.warnings ul { margin: .25rem 0 0; padding-left: 1.2rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0; font-size: .95rem; }
a { color: var(--accent); }
figure { margin: 1rem 0 .5rem; }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
${darkChartRules}
figure svg { display: block; width: 100%; height: auto; max-width: 52rem; } .narrow { display: none; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; min-width: 30rem; }
caption { text-align: left; padding: .25rem 0; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { font-weight: 600; color: var(--quiet); } th.number, td.number { text-align: right; }
td.text { white-space: normal; overflow-wrap: anywhere; }
tr.best td { font-weight: 700; background: var(--tint); }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--accent); font-size: .95rem; }
pre { background: var(--tint); border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto; font-size: .85rem; line-height: 1.45; }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .92em; overflow-wrap: anywhere; }
dl.provenance { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; font-size: .92rem; }
dl.provenance dt { color: var(--quiet); } dl.provenance dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 34rem) { main { padding: 1.25rem .9rem 3rem; } h1 { font-size: 1.5rem; } dl.provenance { grid-template-columns: 1fr; gap: 0; } dl.provenance dd { margin-bottom: .5rem; } .facts { grid-template-columns: 1fr 1fr; } .wide { display: none; } .narrow { display: block; } th, td { padding: .3rem .45rem; } .scroll { background: linear-gradient(to left, var(--tint), transparent 1.5rem) right / 1.5rem 100% no-repeat; } table { min-width: 0; } tbody td:nth-child(2), thead th:nth-child(2) { position: sticky; left: 0; background: var(--surface); } }
@page { size: A4; margin: 18mm 16mm; @bottom-right { content: counter(page) ' / ' counter(pages); font-size: 9pt; } }
@media print {
  :root { --surface: #ffffff; --ink: #000000; --quiet: #444444; --line: #bbbbbb; --tint: #f4f4f4; --accent: #004f7c; --warn: #7a3b00; --warn-tint: #ffffff; color-scheme: light; }
  body { font-size: 10.5pt; } pre { white-space: pre-wrap; } main { max-width: none; padding: 0; } nav, summary { display: none; }
  /* Folded parts are printed as well. */
  details::details-content { content-visibility: visible; display: block; }
  h2, h3, h3 + p, caption { break-after: avoid; } figure, .facts, tr { break-inside: avoid; } figure svg { max-width: 17cm; } .wide { display: block; } .narrow { display: none; } .scroll { overflow: visible; }
}
`.trim();
