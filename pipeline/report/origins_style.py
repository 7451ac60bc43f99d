"""The style of the section on the origins of pairs: a colour for each reason, in light and dark."""

COLOURS = (  # of reasons in the order of the rules, on light and on dark paper
    ("#3f3f46", "#d4d4d8"), ("#c2410c", "#f0885a"), ("#ca9a04", "#facc15"), ("#7c3aed", "#b794f6"),
    ("#0d9488", "#2dd4bf"), ("#be185d", "#f472b6"), ("#2563eb", "#6ea8fe"), ("#4d7c0f", "#a3d65c"),
    ("#991b1b", "#ef6a6a"), ("#78481e", "#c79a6b"),
)  # fmt: skip


def _fills(number: int) -> str:
    return "".join(f".r{place} {{ --reason: {pair[number]}; }}\n" for place, pair in enumerate(COLOURS))


ORIGINS_STYLE = (
    f"""
{_fills(0)}@media (prefers-color-scheme: dark) {{
{_fills(1)}}}
"""
    + """
.bar .reason { fill: var(--reason); } .key.reason::before { background: var(--reason); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 14px; font-size: 0.8125rem; }
#origins > h3 { margin-top: 34px; }
.origins { table-layout: fixed; margin-top: 8px; font-size: 0.875rem; }
.origins tr { border-top: 1px solid var(--line); break-inside: avoid; }
.origins thead tr { border: 0; }
.origins thead th { color: var(--soft); font-size: 0.8125rem; }
.origins th, .origins td { padding: 5px 0; text-align: right; width: 11%; vertical-align: middle; }
.origins th:first-child { text-align: left; width: 29%; padding-right: 14px; overflow-wrap: anywhere; }
.origins td.picture, .origins th:last-child { width: 38%; padding-left: 18px; text-align: left; }
.origins .bar { height: 14px; }
.origins .others th { color: var(--soft); }
.offenders .pairs { width: 100%; }
.offenders article .pairs th + td, .offenders article .pairs th + th { white-space: nowrap; width: 1%;
  padding-left: 14px; }
@media screen and (max-width: 760px) {
  .origins thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .origins, .origins tbody { display: block; }
  .origins tbody tr { display: grid; grid-template-columns: 3fr 3fr 4fr; gap: 3px 10px; padding: 8px 0; }
  .origins th:first-child, .origins td.picture { grid-column: 1 / -1; width: auto; padding: 0; }
  .origins td { padding: 0; text-align: left; width: auto; }
  .origins td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: 0.75rem; }
}
"""
)
