"""Section of borderline near-duplicates: each corpus picture beside its evaluation picture, the closest calls first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import pyarrow.parquet as pq

from filters.wording import counted
from pipeline.page.markup import shortened, tag
from pipeline.page.thumbnails import data_uri, fitted, proportion
from pipeline.report.gallery import breakable, origin
from pipeline.report.transforms import in_words
from pipeline.storage.for_report import CLOSE_CALLS, CLOSE_CALLS_SHOWN

if TYPE_CHECKING:
    from pipeline.files import Output

Row = Mapping[str, Any]
REASON = "eval_duplicate"
LONGEST_TEXT = 140
LONGEST_ID = 90
PICTURES = {"picture": "corpus", "eval_picture": "evaluation"}
COLUMNS = ("key", "source", "text", "eval_match", "eval_distance", "eval_score", "transform", *PICTURES)
FLATTEST, TALLEST = 5.0, 0.2  # width by height that is still given its room

CLOSE_CALLS_STYLE = """
.audit { --height: 156px; margin-top: 26px; display: grid; gap: 30px 22px;
  grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
.audit figure { margin: 0; min-width: 0; font-size: 0.8125rem; line-height: 1.4; break-inside: avoid; }
.sides { height: calc(var(--height) + 16px); padding: 8px; display: flex; align-items: center;
  justify-content: center; background: var(--track); border-radius: 4px; }
.sides > div { flex: 1; min-width: 0; display: flex; gap: 8px; max-width: calc(var(--height) * var(--ratios) + 8px); }
.side { flex: var(--ratio) 1 0; min-width: 0; aspect-ratio: var(--ratio); object-fit: contain; }
.side.none { display: grid; place-items: center; text-align: center; color: var(--soft);
  border: 1px dashed var(--soft); border-radius: 3px; }
.audit .call { margin-top: 8px; font-variant-numeric: tabular-nums; }
.audit .call b { color: var(--drops); font-weight: 600; }
.audit .origin .label { color: var(--ink); }
@media print {
  .audit { --height: 78pt; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14pt 10pt; }
  .sides { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def read_close_calls(output: Output) -> list[dict[str, Any]]:
    """The borderline matches that a run saved, in their order; none without the file. Raises OSError."""
    from pipeline.files import open_file

    if not output.has(CLOSE_CALLS):
        return []
    with open_file(output.path(CLOSE_CALLS)) as file:
        table = pq.ParquetFile(file).read(columns=list(COLUMNS)).slice(0, CLOSE_CALLS_SHOWN)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def close_calls_section(
    funnel: Mapping[str, Any], config: Mapping[str, Any], rows: Sequence[Row], most: int
) -> Element:
    """The pairs in `rows`, with images of at most `most` bytes each."""
    return tag(
        "section",
        tag("h2", "Near-duplicates of evaluation images"),
        *_notes(funnel, config, len(rows)),
        tag("div", *(_pair(row, most) for row in rows), class_="audit"),
        id="audit",
    )


def _notes(funnel: Mapping[str, Any], config: Mapping[str, Any], shown: int) -> Iterator[Element]:
    dropped, first = (funnel[reasons].get(REASON, 0) for reasons in ("any_reason", "first_reason"))
    yield tag(
        "p",
        tag("code", REASON),
        f" drops {counted(dropped, 'pair')}, {first:,} of them as the first rule that does. ",
        f"{counted(shown, 'image')} of these {'is' if shown == 1 else 'are'} shown: the corpus image on the left, ",
        "the evaluation image on the right, and in words how the corpus image differs.",
        class_="note",
    )
    settings = config["dedup"]
    yield tag(
        "p",
        "The closest calls come first. The score is the correlation of the two ",
        f"images laid over each other, {settings['min_score']:g} at least; the distance is that of their hashes, ",
        f"{settings['max_distance']:,} of 256 bits at most; far ones need a higher score. Search of mode ",
        tag("code", config["filters"][REASON]["mode"]),
        ".",
        _embedding_note(settings.get("embedding") or {}),
        class_="note",
    )


def _embedding_note(settings: Mapping[str, Any]) -> str:
    if not settings.get("model"):
        return ""
    return f" A cosine is that of the two images' vectors, {settings['min_cosine']:g} at least; they have no distance."


def _pair(row: Row, most: int) -> Element:
    """A match: its two images, the margin, the caption, and both origins."""
    text = shortened(row["text"] or "", LONGEST_TEXT)
    return tag(
        "figure",
        _sides(row, most),
        tag(
            "figcaption",
            tag("p", *_call(row), class_="call"),
            tag("p", text or "(empty text)", class_="text" if text else "text empty", dir="auto"),
            _named("corpus", origin(row)),
            _named("evaluation", shortened(row["eval_match"], LONGEST_ID)),
        ),
    )


def _call(row: Row) -> Iterator[Element | str]:
    if row["eval_distance"] is None:
        yield tag("b", f"cosine {row['eval_score']:.3f}")
        return
    yield tag("b", f"score {row['eval_score']:.3f}")
    yield f", {counted(row['eval_distance'], 'bit')}"
    if row["transform"]:
        yield f": {shortened(in_words(row['transform']), LONGEST_ID)}"


def _named(label: str, path: str) -> Element:
    return tag("p", tag("span", label, class_="label"), " ", *breakable(path), class_="origin", dir="auto")


def _sides(row: Row, most: int) -> Element:
    """Both pictures at the same height: each has its proportion as its part of the width; a missing one the other's."""
    pictures = {name: fitted(row[name], most) for name in PICTURES}
    known = {name: ratio for name, picture in pictures.items() if (ratio := proportion(picture))}
    usual = next(iter(known.values()), 1.0)
    ratios = {name: min(max(known.get(name, usual), TALLEST), FLATTEST) for name in PICTURES}
    sides = (_side(pictures[name] if name in known else None, PICTURES[name], ratios[name]) for name in PICTURES)
    return tag("div", tag("div", *sides, style=f"--ratios: {sum(ratios.values()):.3f}"), class_="sides")


def _side(picture: bytes | None, which: str, ratio: float) -> Element:
    style = f"--ratio: {ratio:.3f}"
    if picture is None:
        return tag("div", f"no {which} image", class_="side none", style=style)
    return tag("img", src=data_uri(picture), alt=f"The {which} image", class_="side", style=style)
