"""The whole sample: an evaluation set, a crawl of ordinary and special pairs, and the verdicts of the special ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from pipeline.sample import awkward, cases, copies, write
from pipeline.sample.cards import Cards
from pipeline.sample.pictures import Picture, links, picture, rows
from pipeline.sample.rows import Case, Row

PICTURES_PER_HELD_OUT = 6
PICTURES_PER_LINK = 6

WriteFile = Callable[[Path, list[Row]], None]
Progress = Callable[[str, int, int], None]  # what is being done, number done, number in all

# Files of the ordinary pairs: file name, kind, and percent of the pictures.
FILES: dict[str, tuple[WriteFile, int]] = {
    "pictures-0.parquet": (write.write_parquet, 12),
    "pictures-1.parquet": (write.write_parquet, 12),
    "pictures-2.parquet": (write.write_parquet, 12),
    "pictures-3.parquet": (write.write_parquet, 12),
    "hugging-face.parquet": (write.write_hugging_face_parquet, 12),
    "00000.tar": (write.write_tar, 10),
    "00001.tar": (write.write_tar, 10),
    "records.tfrecord": (write.write_tfrecord, 10),
    "folder.jsonl": (write.write_jsonl, 10),
}


def make(folder: Path, pictures: int, seed: int, progress: Progress) -> None:
    """Writes the sample of `pictures` pictures into `folder`, which must be empty or missing."""
    (folder / "crawl").mkdir(parents=True)
    held_out = _draw(seed, "eval", 1 + pictures // PICTURES_PER_HELD_OUT, progress)
    write_evaluation_set(folder / "eval", held_out)
    write_ordinary(folder / "crawl", _draw(seed, "train", pictures, progress), seed)
    write.write_tsv(folder / "crawl" / "links.tsv", list(links(seed, pictures // PICTURES_PER_LINK)))
    special = write_special(folder / "crawl", seed, held_out)
    write.write_json_lines(folder / "expected.jsonl", map(_expectation, special))


def write_evaluation_set(folder: Path, held_out: list[Picture]) -> None:
    """The pictures, and `captions.jsonl` beside them: `image` (file name) and `captions` (a list)."""
    folder.mkdir()
    for shown in held_out:
        (folder / shown.name).write_bytes(shown.content)
    lines = ({"image": shown.name, "captions": shown.captions} for shown in held_out)
    write.write_json_lines(folder / "captions.jsonl", lines)


def write_ordinary(crawl: Path, shown: list[Picture], seed: int) -> None:
    """Writes the pictures in a random order, dealt to files of every kind, each with all its captions in one file."""
    shown = Random(seed).sample(shown, len(shown))
    percent = 0
    for name, (write_file, share) in FILES.items():
        first, percent = percent, percent + share
        write_file(crawl / name, list(rows(shown[len(shown) * first // 100 : len(shown) * percent // 100])))


def write_special(crawl: Path, seed: int, held_out: list[Picture]) -> list[Case]:
    """Writes the cases with a known verdict, each in the kind of file that it tests."""
    cards = Cards(seed)
    rules = _rule_cases(cards, held_out)  # dealt to three files, so that counts extend over several
    special: dict[str, tuple[WriteFile, list[Case]]] = {
        "rules.parquet": (write.write_parquet, rules[0::3]),
        "rules.tar": (write.write_tar, rules[1::3]),
        "rules.tfrecord": (write.write_tfrecord, rules[2::3]),
        "texts.parquet": (write.write_parquet, [*awkward.texts(cards), *awkward.missing_parts(cards, "parquet")]),
        "awkward.jsonl": (write.write_jsonl, _file_cases(cards)),
        "missing.tar": (write.write_tar, list(awkward.missing_parts(cards, "tar"))),
        "missing.tfrecord": (write.write_tfrecord, list(awkward.missing_parts(cards, "tfrecord"))),
        "links.csv": (write.write_csv, [*cases.texts_of_link_cases(), *cases.link_cases()]),
    }
    for name, (write_file, some) in special.items():
        write_file(crawl / name, [case.row for case in some])
    return [case for _, some in special.values() for case in some]


def _rule_cases(cards: Cards, held_out: list[Picture]) -> list[Case]:
    return [
        *cases.size_cases(cards),
        *cases.texts_of_image_cases(cards),
        *cases.images_of_text_cases(cards),
        *cases.rare_ngram_cases(cards),
        *cases.word_count_cases(cards),
        *copies.copy_cases(cards, held_out),
        *cases.porn_cases(cards),
        *awkward.duplicate_keys(cards),
    ]


def _file_cases(cards: Cards) -> list[Case]:
    return [
        *awkward.odd_images(cards),
        *awkward.broken_images(cards),
        *awkward.paths(cards),
        *awkward.missing_parts(cards, "jsonl"),
        awkward.long_text(cards),
    ]


def _expectation(case: Case) -> dict[str, Any]:
    return {"key": case.row.key, "about": case.about, "reasons": case.reasons}


def _draw(seed: int, part: str, count: int, progress: Progress) -> list[Picture]:
    drawn = []
    for number in range(count):
        drawn.append(picture(seed, part, number))
        progress(f"drawing pictures, {part}", number + 1, count)
    return drawn
