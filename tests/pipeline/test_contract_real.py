"""The whole command against the independent statement on real data, where it lies beside the checkout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.support.command import ROOT, Finished, run_corpus, shards
from tests.support.crawl import flags
from tests.support.reading import read_records
from tests.support.real_pairs import ALT_TEXTS, IMAGES, write_alt_texts
from tests.support.statement import Pair, Settings, verdicts
from tests.support.statement_image import BAND, THRESHOLD, converted, nearest

pytestmark = pytest.mark.slow(seconds=80)

DATA = ROOT.parent / "shared" / "data"
CLOTHING = DATA / "clothing" / "test"
OPENMOJI, CC3M = (DATA / "text" / f"{name}.parquet" for name in ("openmoji_cldr_names", "cc3m_validation"))
EVERY = 40  # every 40th of openmoji's rows is taken: 29,598


def alt_texts(folder: Path) -> tuple[Path, list[Pair]]:
    """About 1,550 pairs by path, with four passthrough columns."""
    file, pairs = write_alt_texts(folder), []
    for number, row in enumerate(pq.read_table(file).to_pylist()):
        text, path = row.pop("text"), row.pop("image_path")
        image = (ALT_TEXTS.parent / path).read_bytes()
        pairs.append(Pair(f"{file.name}#{number:09d}", file.name, text, image, path, carried=row))
    return file, pairs


def openmoji(folder: Path) -> tuple[Path, list[Pair]]:
    """Names of emoji in many languages; sizes are 0, which is unknown, or those of a drawing."""
    table = pq.read_table(OPENMOJI)
    table = table.take(list(range(0, len(table), EVERY)))
    pq.write_table(table, folder / "names.parquet", row_group_size=7000)
    return folder / "names.parquet", [
        link("names.parquet", number, row) for number, row in enumerate(table.to_pylist())
    ]


def cc3m(folder: Path) -> tuple[Path, list[Pair]]:
    """15,833 captions with the URLs of their images."""
    rows = pq.read_table(CC3M).rename_columns(["url", "text"]).to_pylist()
    return CC3M, [link(CC3M.name, number, row) for number, row in enumerate(rows)]


def link(source: str, number: int, row: dict) -> Pair:
    ours = {name: row.pop(name, None) for name in ("text", "url", "width", "height")}
    return Pair(f"{source}#{number:09d}", source, **ours, url_only=True, carried=row)


def clothing(folder: Path, pairs: list[Pair]) -> Path:
    """Photos of clothes, which are none of the pairs'."""
    return CLOTHING


def copies(folder: Path, pairs: list[Pair]) -> Path:
    """Every tenth image of the pairs, smaller, compressed hard, mirrored or turned."""
    (folder / "copies").mkdir()
    images = list(dict.fromkeys(pair.image for pair in pairs if pair.image))[::10]
    for number, image in enumerate(images):
        picture = converted(image)
        small = picture.resize((max(1, picture.width * 2 // 3), max(1, picture.height * 2 // 3)))
        turned = small.transpose(list(Image.Transpose)[number % len(Image.Transpose)])
        turned.save(folder / "copies" / f"{number}.jpg", quality=40)
    return folder / "copies"


@dataclass(frozen=True)
class Case:
    """Real pairs, and the settings to judge them by."""

    pairs: Callable[[Path], tuple[Path, list[Pair]]]
    settings: Settings
    evaluation: Callable[[Path, list[Pair]], Path] | None = None


FEW_RULES = Settings(off=frozenset({"word_count", "images_of_text", "porn"}))
NO_SCORES = Settings(min_count=3, off=frozenset({"porn"}))  # each score is compared in the case before
CASES = {
    "alt texts, every n-gram": (ALT_TEXTS, Case(alt_texts, Settings(), clothing)),
    "alt texts, n-grams that come three times": (ALT_TEXTS, Case(alt_texts, NO_SCORES, clothing)),
    "alt texts, copies of its own images": (ALT_TEXTS, Case(alt_texts, FEW_RULES, copies)),
    "openmoji, multilingual": (OPENMOJI, Case(openmoji, Settings(profile="multilingual", min_count=2))),
    "openmoji, 50,000 n-grams": (OPENMOJI, Case(openmoji, Settings(top_k=50_000))),
    "cc3m": (CC3M, Case(cc3m, Settings(min_count=5))),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, (file, case) in CASES.items() if file.exists()])
def test_every_pair_has_its_verdict(case: Case, tmp_path: Path) -> None:
    file, pairs = case.pairs(tmp_path)
    evaluation = case.evaluation(tmp_path, pairs) if case.evaluation else None
    options = [
        *flags(case.settings),
        IMAGES,
        *([f"--eval_images={evaluation}"] if evaluation else []),
    ]
    finished = run_corpus(tmp_path / "out", file, *options)
    assert finished.process.returncode == 0, finished.process.stderr
    rows = finished.verdicts()
    expected = verdicts(pairs, case.settings, duplicates(pairs, rows, evaluation))
    assert len(rows) == len(expected)
    for row, true in zip(rows, expected, strict=True):
        assert {name: row[name] for name in true} == true
    assert_records(finished, pairs, rows)


def duplicates(pairs: list[Pair], rows: list[dict], evaluation: Path | None) -> set[bytes]:
    """The measured images that match: all that are near by imagehash, and what the run finds besides.

    It finds more, since imagehash sees no crop; in these pictures that may be one in a hundred at most.
    """
    if evaluation is None:
        return set()
    late = {"undecodable", "eval_duplicate", "porn"}
    seen = {
        pair.image: row["eval_match"] is not None
        for pair, row in zip(pairs, rows, strict=True)
        if pair.image and late.issuperset(row["reasons"])
    }
    files = [file.read_bytes() for file in evaluation.rglob("*.*")]
    distances = dict(zip(seen, nearest(list(seen), files), strict=True))
    near = {image for image, bits in distances.items() if bits <= THRESHOLD - BAND}
    beyond = {image for image, bits in distances.items() if seen[image] and bits > THRESHOLD + BAND}
    assert len(beyond) <= len(seen) / 100
    return near | {image for image in seen if seen[image]}


def assert_records(finished: Finished, pairs: list[Pair], rows: list[dict]) -> None:
    kept = (pair.key for pair, row in zip(pairs, rows, strict=True) if not row["reasons"] and not pair.url_only)
    for file in shards(finished.output, "corpus"):
        records = [record["key"].decode() for record in read_records(file)]
        assert records == list(islice(kept, len(records)))
    assert not list(kept)
