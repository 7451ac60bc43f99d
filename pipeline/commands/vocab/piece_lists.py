"""The pieces at the edges of a vocabulary: those never used, the rarest and the longest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from pipeline.page.markup import shortened, tag
from pipeline.report.funnel import share
from vocab.quality import Quality
from vocab.wordpiece import INSIDE, SPECIAL

PIECES_SHOWN = 40  # in each list
LONGEST_PIECE = 120  # characters on the page
NOTE = (
    "Of the learned pieces, that is without the special ones and the single characters. A piece inside a word begins "
    "with ##. The number is how often a piece occurs in all words."
)


def learned_pieces(pieces: Sequence[str]) -> list[int]:
    """The ids of the pieces that are neither special nor a single character, inside a word or not."""
    return [number for number, piece in enumerate(pieces) if piece not in SPECIAL and _length(piece) > 1]


def pieces_section(quality: Quality) -> Element:
    """A card for the pieces that no word uses, the rarest of the others, and the longest of all."""
    used, pieces = quality.used.tolist(), quality.tokenizer.pieces
    learned = learned_pieces(pieces)
    if not learned:
        return _section(tag("p", "This vocabulary has no other pieces than single characters.", class_="empty"))
    never = [number for number in learned if not used[number]]
    rarest = sorted((number for number in learned if used[number]), key=lambda number: (used[number], number))
    longest = sorted(learned, key=lambda number: (-_length(pieces[number]), number))
    unused = f"{len(never):,} of {len(learned):,} learned pieces, {share(len(never), len(learned))}."
    cards = (
        _card("Never used", f"{unused} {_why(quality)}" if never else unused, never, quality, counted=False),
        _card(
            "Rarest",
            f"The least used of the {len(rarest):,} that are used." if rarest else "None is used.",
            rarest,
            quality,
        ),
        _card("Longest", "The most characters, used or not.", longest, quality),
    )
    return _section(tag("p", NOTE, class_="note"), tag("div", *cards, class_="cards"))


def _length(piece: str) -> int:
    return len(piece.removeprefix(INSIDE))


def _why(quality: Quality) -> str:
    if not quality.total.words:
        return "No words were counted."
    return "Words take the longest piece first, and pass these over."


def _section(*content: Element) -> Element:
    return tag("section", tag("h2", "The pieces"), *content, id="pieces")


def _card(title: str, says: str, numbers: list[int], quality: Quality, counted: bool = True) -> Element:
    listed = [tag("ol", *_items(numbers[:PIECES_SHOWN], quality, counted), class_="pieces")] if numbers else []
    return tag("article", tag("h3", title), tag("p", says), *listed)


def _items(numbers: Iterable[int], quality: Quality, counted: bool) -> list[Element]:
    return [_item(quality.tokenizer.pieces[number], int(quality.used[number]), counted) for number in numbers]


def _item(piece: str, uses: int, counted: bool) -> Element:
    code = tag("code", shortened(piece, LONGEST_PIECE))
    return tag("li", code, " ", tag("small", f"{uses:,}")) if counted else tag("li", code)
