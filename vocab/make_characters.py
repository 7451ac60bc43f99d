"""Writes `characters.txt`, the frozen table of characters, from the output of Hugging Face's BERT tokeniser for each.

Needs `tokenizers` (a dev dependency). Three things come from this Python's `unicodedata` instead, and are frozen with
its version: letters and digits (`str.isalnum`), characters that NFC may change, and combining classes. Run `python -m
vocab.make_characters` to write the file again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from vocab.characters import CJK, DROPPED, FILE, MARK, OTHER, PUNCTUATION, SIZE, SPACE, UNSETTLED, WORD

CHUNK = 4096
SEPARATOR = "\u20ac"  # the euro sign: to BERT neither punctuation nor space, so a token only when it stands alone
LAST_CLASS = "\u0345"  # the mark of the highest combining class: every other mark moves before it

Entry = tuple[int, str]  # a character's kind and its replacement


def main() -> None:
    FILE.write_text(table(), encoding="ascii")


def table() -> str:
    """The content of the file."""
    import tokenizers

    made_with = f"tokenizers {tokenizers.__version__}, Unicode {unicodedata.unidata_version}"
    uncased = entries("uncased")
    orders = mark_orders(uncased)
    sections = {
        "uncased": entry_lines(with_marks(uncased, orders)),
        "multilingual": entry_lines(entries("multilingual")),
        "order": value_lines(orders),
        "nfc": value_lines(nfc_orders()),
    }
    lines = [f"# Written by make_characters.py; {made_with}."]
    for name, content in sections.items():
        lines += [f"[{name}]", *content]
    return "\n".join(lines) + "\n"


# Token characters


def entries(profile: str) -> list[Entry]:
    """The entry of every code point. Surrogates, which no UTF-8 has, are dropped."""
    split = reference(profile)
    found: list[Entry] = []
    for first in range(0, SIZE, CHUNK):
        between_zeros = (f"0{chr(c) if is_scalar(c) else ''}0" for c in range(first, first + CHUNK))
        tokens = split(f" {SEPARATOR} ".join(between_zeros))
        found += [entry(list(group)) for alone, group in groupby(tokens, SEPARATOR.__eq__) if not alone]
    return found


def reference(profile: str) -> Callable[[str], list[str]]:
    """Hugging Face's splitter of a text into the basic tokens of BERT."""
    from tokenizers import normalizers, pre_tokenizers

    bert = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=profile == "uncased", lowercase=True
    )
    normalizer: Any = bert if profile == "uncased" else normalizers.Sequence([normalizers.NFC(), bert])
    splitter = pre_tokenizers.BertPreTokenizer()
    return lambda text: [token for token, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]


def entry(tokens: list[str]) -> Entry:
    """A character's entry, from the tokens between two zeros with it."""
    match tokens:
        case ["00"]:
            return DROPPED, ""
        case ["0", "0"]:
            return SPACE, ""
        case ["0", text, "0"]:
            return (CJK if has_alnum(text) else PUNCTUATION), text
        case [joined] if joined[0] == joined[-1] == "0":
            return (WORD if has_alnum(joined[1:-1]) else OTHER), joined[1:-1]
    raise ValueError(f"a character of two kinds: {tokens}")


def has_alnum(text: str) -> bool:
    return any(character.isalnum() for character in text)


def is_scalar(code: int) -> bool:
    return not 0xD800 <= code < 0xE000


# Characters that swap with their neighbour under NFD


def mark_orders(uncased: list[Entry]) -> list[int]:
    """`Characters.order` of every code point."""
    from tokenizers import normalizers

    nfd = normalizers.NFD().normalize_str
    clean = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False
    ).normalize_str

    def moves(text: str) -> bool:
        return text == LAST_CLASS or nfd(LAST_CLASS + text) != LAST_CLASS + nfd(text)

    def order(code: int, kind: int, text: str) -> int:
        if kind == DROPPED:
            return UNSETTLED if not is_scalar(code) or not clean(chr(code)) or moves(chr(code)) else 0
        return unicodedata.combining(text[-1]) if text and moves(text[-1]) else 0

    return [order(code, *entry) for code, entry in enumerate(uncased)]


def with_marks(entries: list[Entry], orders: list[int]) -> list[Entry]:
    """The entries, with kind MARK for characters that NFD reorders."""
    pairs = zip(entries, orders, strict=True)
    return [(MARK, text) if 0 < order < UNSETTLED else (kind, text) for (kind, text), order in pairs]


# Characters that NFC and splitting may change


def nfc_orders() -> list[int]:
    """`characters.nfc_orders` of every code point."""
    composing = set(composing_characters())

    def order(character: str) -> int:
        unassigned = unicodedata.category(character) in ("Cn", "Cs")
        if unassigned or character == "&" or (character.isspace() and character != " ") or character in composing:
            return UNSETTLED
        changes = unicodedata.normalize("NFC", character) != character
        return UNSETTLED if changes else unicodedata.combining(character)

    return [order(chr(code)) for code in range(SIZE)]


def composing_characters() -> Iterator[str]:
    """Characters that NFC may join to the one before them (NFC_Quick_Check is Maybe)."""
    yield from map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)])  # Hangul vowels and final consonants
    for code in range(SIZE):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<") and unicodedata.normalize("NFC", chr(code)) == chr(code):
            yield chr(int(parts[1], 16))


# Lines, one for each run of characters


def entry_lines(entries: list[Entry]) -> Iterator[str]:
    """Lines of runs that become themselves (=), count up (+) or all become the same (.), whichever is longest."""
    counted = [
        (kind, text[:-1], ord(text[-1]) - code) if text else (kind,) for code, (kind, text) in enumerate(entries)
    ]
    first = 0
    while first < SIZE:
        kind, text = entries[first]
        up, same = run_end(counted, first), run_end(entries, first)
        last = max(up, same)
        how = "." if same > up else "=" if text == chr(first) else "+"
        if kind != DROPPED:
            yield " ".join([f"{first:X} {last:X} {kind}", *texts(how, text)])
        first = last + 1


def run_end(values: Sequence[Any], first: int) -> int:
    """The last index up to which `values` all equal the one at `first`."""
    last = first
    while last + 1 < len(values) and values[last + 1] == values[first]:
        last += 1
    return last


def texts(how: str, text: str) -> list[str]:
    if not text or how == "=":
        return [how] if text else []
    return [how, *(f"{ord(character):X}" for character in text)]


def value_lines(values: Iterable[int]) -> Iterator[str]:
    """Lines of runs of one value; 0 has no line."""
    for value, run in groupby(enumerate(values), lambda pair: pair[1]):
        codes = [code for code, _ in run]
        if value:
            yield f"{codes[0]:X} {codes[-1]:X} {value:X}"


if __name__ == "__main__":
    main()
