"""The style sheet of the page: light and dark, wide and narrow, screen and paper, with system fonts alone."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fcfbf8; --card: #ffffff; --ink: #1c1e22; --soft: #5b6069; --line: #e4e1d9; --track: #efede6;
  --keeps: #64748b; --drops: #c2410c; --drops-soft: #fbeee6; --shade: #d8d4c9;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "Noto Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e23; --ink: #e9e7e2; --soft: #a4a9b3; --line: #2f343b; --track: #262a30;
    --keeps: #8496ad; --drops: #f0885a; --drops-soft: #35241c; --shade: #454b55;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 var(--sans); }
main { max-width: 1120px; margin: 0 auto; padding: 56px 28px 72px; }
h1, h2 { font-family: var(--serif); font-weight: 600; line-height: 1.15; letter-spacing: -0.01em; margin: 0; }
h1 { font-size: clamp(2.2rem, 6vw, 3.4rem); overflow-wrap: anywhere; }
h1 small { font: 400 1rem var(--sans); color: var(--soft); letter-spacing: 0; }
h2 { font-size: 1.7rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 0; }
p { margin: 0; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; }
code { font: 0.875em/1.4 var(--mono); }
section { margin-top: 72px; }
.overline { color: var(--soft); font-size: 0.8rem; letter-spacing: 0.09em; text-transform: uppercase;
  margin-bottom: 6px; }
.note { color: var(--soft); max-width: 68ch; margin-top: 10px; font-size: 0.92rem; }
.accent { color: var(--drops); }
.option { white-space: nowrap; }
.empty { color: var(--soft); font-size: 0.92rem; }
.says { color: var(--soft); font-weight: 400; font-size: 0.875rem; }
.figures { display: flex; flex-wrap: wrap; gap: 20px 48px; margin: 30px 0 22px; }
.figures dt { color: var(--soft); font-size: 0.875rem; }
.figures dd { margin: 0; font: 500 clamp(1.5rem, 4vw, 2.1rem)/1.2 var(--sans); font-variant-numeric: tabular-nums; }
dd small { display: block; color: var(--soft); font-size: 0.875rem; line-height: 1.4; }
.about { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 8px 24px; margin: 26px 0 0;
  font-size: 0.875rem; overflow-wrap: anywhere; }
.about dt { color: var(--soft); }
.about dd, .about details, .about .pairs { margin: 0; }
.about summary { color: inherit; }
.about .pairs th, .about .pairs td:last-child { overflow-wrap: break-word; }
.command span { display: inline-block; max-width: 100%; word-break: break-all; }
.contents { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-top: 26px; padding: 10px 0; font-size: 0.875rem;
  border: solid var(--line); border-width: 1px 0; }
details { margin-top: 12px; font-size: 0.875rem; }
summary { color: var(--soft); cursor: pointer; width: fit-content; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { font-weight: inherit; text-align: left; }
.pairs { width: auto; max-width: 100%; margin-top: 8px; font-size: 0.8125rem; }
.pairs th, .pairs td { padding: 3px 20px 3px 0; vertical-align: top; overflow-wrap: anywhere; }
.pairs tbody tr { border-top: 1px solid var(--line); }
.pairs thead th { color: var(--soft); }
article .pairs td, article .pairs th + th { text-align: right; padding-right: 0; }

.funnel { margin-top: 26px; }
.funnel thead th { color: var(--soft); font-size: 0.8125rem; padding: 0 0 8px; }
.funnel thead th:nth-child(n+3) { text-align: right; }
.funnel tbody tr { border-top: 1px solid var(--line); }
.funnel tbody th { width: 31%; padding: 11px 16px 11px 0; overflow-wrap: anywhere; }
.funnel tbody th .says { display: block; line-height: 1.35; }
.funnel td { padding: 11px 0; vertical-align: middle; }
.funnel .picture, .funnel td.off { width: 33%; padding-right: 12px; }
.funnel .amount { text-align: right; padding-left: 12px; white-space: nowrap; }
.funnel .amount b { font-weight: 500; display: block; line-height: 1.3; }
.funnel .amount small { color: var(--soft); font-size: 0.8rem; }
.funnel .accent small { color: inherit; }
.funnel .nothing b { color: var(--soft); font-weight: 400; }
.funnel .label { display: none; }
.funnel td.off, .funnel tr.off code { color: var(--soft); font-size: 0.875rem; }
.funnel .total .keeps { fill: var(--ink); }
.funnel .total code, .funnel .total b { font-weight: 700; }
.bar { display: block; width: 100%; height: 18px; border-radius: 2px; }
.track { fill: var(--track); } .keeps { fill: var(--keeps); } .drops { fill: var(--drops); }

.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 20px;
  margin-top: 26px; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 16px 16px 14px;
  min-width: 0; }
article p { color: var(--soft); font-size: 0.875rem; line-height: 1.45; margin-top: 6px; }
.histogram { display: block; width: 100%; height: auto; margin-top: 8px; }
.histogram text { font: 11px var(--sans); fill: var(--soft); font-variant-numeric: tabular-nums; }
.histogram .grid { stroke: var(--line); stroke-width: 1; } .histogram .axis { stroke: var(--soft); stroke-width: 1; }
.histogram .cut { stroke: var(--drops); stroke-width: 1.25; stroke-dasharray: 3 2.5; }
.histogram .cut-label { fill: var(--drops); font-weight: 600; }
.key { white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: 0.7em; height: 0.7em; border-radius: 2px;
  margin-right: 0.35em; }
.key.keeps::before { background: var(--keeps); } .key.drops::before { background: var(--drops); }
.ngrams { margin: 12px 0 14px; }
.ngrams div { display: flex; justify-content: space-between; gap: 16px; padding: 7px 0;
  border-bottom: 1px solid var(--line); }
.ngrams dt { color: var(--soft); font-size: 0.875rem; }
.ngrams dd { margin: 0; font-variant-numeric: tabular-nums; }

.group { margin-top: 34px; padding-top: 14px; border-top: 1px solid var(--line); }
.group > .empty { margin-top: 8px; }
.group h3 code { font-size: 0.95rem; margin-right: 8px; }
.examples { list-style: none; margin: 16px 0 0; padding: 0; display: grid; gap: 22px 18px;
  grid-template-columns: repeat(auto-fill, minmax(154px, 1fr)); }
.examples li { min-width: 0; font-size: 0.8125rem; line-height: 1.4; overflow: hidden; break-inside: avoid; }
.examples p { overflow: hidden; }
.frame { height: 132px; display: flex; align-items: center; justify-content: center; background: var(--track);
  border-radius: 4px; overflow: hidden; }
.frame img { display: block; width: 100%; height: 100%; object-fit: scale-down; }
.frame.none { color: var(--soft); text-align: center; padding: 6px; }
.frame .origin { display: block; }
.porn .frame img { filter: blur(14px); }
.porn .frame:hover img { filter: none; }
.decided, .measured { margin-top: 8px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.decided { color: var(--drops); } .measured { color: var(--soft); }
.text { margin-top: 2px; overflow-wrap: anywhere; unicode-bidi: isolate; max-height: 9.8em; overflow-y: auto;
  scrollbar-width: thin;
  /* a shadow at the foot, which the end of the text covers: scroll bars may be hidden */
  background: linear-gradient(transparent, var(--paper) 50%) 0 calc(100% + 3px) / 100% 2.6em no-repeat local,
    linear-gradient(transparent, var(--shade)) bottom / 100% 1em no-repeat; }
.text.empty { font-style: italic; font-size: inherit; }
.origin { margin-top: 3px; color: var(--soft); font-size: 0.75rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
footer { margin-top: 72px; border-top: 1px solid var(--line); padding-top: 12px; }

@media screen and (max-width: 760px) {
  main { padding: 32px 18px 48px; }
  section { margin-top: 52px; }
  .figures { gap: 14px 32px; }
  .about { grid-template-columns: minmax(0, 1fr); gap: 2px; }
  .about dd { margin-bottom: 8px; }
  .about .pairs, .about .pairs tbody, .about .pairs thead { display: block; }
  .about .pairs tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .about .pairs th:first-child { grid-column: 1 / -1; }
  .funnel, .funnel tbody { display: block; }
  .funnel thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .funnel tbody tr { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px 10px; padding: 12px 0; }
  .funnel tbody th, .funnel .picture, .funnel td.off { grid-column: 1 / -1; width: auto; padding: 0; }
  .funnel .amount { padding: 0; text-align: left; }
  .rules tbody tr { display: flex; flex-wrap: wrap; gap: 6px 2.5%; }
  .rules tbody th, .rules .picture, .rules td.off { flex: 0 0 100%; }
  .rules .amount { min-width: 23%; }
  .funnel td.empty { display: none; }
  .funnel .label { display: block; color: var(--soft); font-size: 0.75rem; }
  .examples { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px 14px; }
}
@media print {
  main { max-width: none; padding: 0; }
  .text { max-height: none; background: none; }
  body { font-size: 9.5pt; background: none; }
  .examples { grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 12pt 9pt; }
  .frame { height: 80pt; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 9pt; }
  .funnel td, .funnel tbody th { padding-top: 5pt; padding-bottom: 5pt; }
  section { margin-top: 26pt; }
  article, .funnel tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  svg, .frame, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
