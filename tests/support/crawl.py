"""A crawl of about 200 pairs for the tests: every kind of input file, and every rule's cases on both sides.

Its numbers are small so that its boundaries are reached: `SETTINGS` is what the crawl is made for.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.support.crawl_contents import Row, captions, encode, picture, rows
from tests.support.statement import Pair, Settings

SETTINGS = Settings(max_pixels=200_000, max_texts=5, max_images=3)
ROWS_PER_SHARD = 7
FLAGS = {
    "profile": "text.profile",
    "max_pixels": "filters.undecodable.max_pixels",
    "min_pixels": "filters.short_side.min_pixels",
    "max_ratio": "filters.aspect_ratio.max_ratio",
    "max_texts": "filters.texts_of_image.max_texts",
    "max_images": "filters.images_of_text.max_images",
    "top_k": "filters.rare_ngram.top_k",
    "min_count": "filters.rare_ngram.min_count",
    "min_words": "filters.word_count.min_words",
    "max_words": "filters.word_count.max_words",
    "max_score": "filters.porn.max_score",
    "measure": "measure",
}
LINK = ("url", "text", "width", "height")


def flags(settings: Settings) -> list[str]:
    """The flags that say the same as `settings`."""
    numbers = [f"--{flag}={getattr(settings, name)}" for name, flag in FLAGS.items()]
    return numbers + [f"--filters.{reason}.enabled=false" for reason in sorted(settings.off)]


@dataclass(frozen=True)
class Crawl:
    """`pairs` are the raw rows in input order; `evaluation` the images of the evaluation set by name."""

    folder: Path
    pairs: list[Pair]
    evaluation: dict[str, bytes]

    @property
    def inputs(self) -> str:
        globs = ("images/*.parquet", "web", "tables/list.jsonl", "t*/links*.csv", "tables/more.tsv.gz")
        return ",".join(str(self.folder / glob) for glob in globs)


def write_parquet(file: Path, found: Sequence[Row]) -> list[Pair]:
    """An image column as Hugging Face writes it, three carried columns, two of them with names of ours."""
    n = len(found)
    columns: dict[str, list] = {
        "image": [
            None if image is None else {"bytes": image, "path": f"{i}.jpg"} for i, (image, _, _) in enumerate(found)
        ],
        "TEXT": [text for _, text, _ in found],
        "url": [url for _, _, url in found],
        "lang": ["en" if i % 2 else None for i in range(n)],
        "width": list(range(n)),
        "reasons": ["none of yours"] * n,
    }
    pq.write_table(pa.table(columns), file, row_group_size=10)
    return [
        Pair(
            f"{file.name}#{i:09d}",
            file.name,
            text,
            image,
            url=url,
            carried={"lang": columns["lang"][i], "input_width": i, "input_reasons": "none of yours"},
        )
        for i, (image, text, url) in enumerate(found)
    ]


def tar(*members: tuple[str, bytes]) -> bytes:
    """A tar of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def write_tar(file: Path, found: Sequence[Row]) -> list[Pair]:
    """WebDataset; every second row believes a sha256, every fifth file lies about its format."""
    pairs: list[Pair] = []
    members: list[tuple[str, bytes]] = []
    for i, (image, text, url) in enumerate(found):
        key, sha256 = f"{i:05d}", f"{i:064x}" if i % 2 else None
        if image is not None:
            members.append((f"{key}.{'png' if i % 5 else 'jpg'}", image))
        if text is not None:
            members.append((f"{key}.txt", text.encode()))
        members.append((f"{key}.json", json.dumps({"url": url, "sha256": sha256, "lang": "en"}).encode()))
        pairs.append(Pair(key, file.name, text, image, url=url, sha256=sha256, carried={"lang": "en"}))
    file.write_bytes(tar(*members))
    return pairs


def write_list(file: Path, found: Sequence[Row]) -> list[Pair]:
    """JSON lines with paths; a missing image is a path that leads nowhere, or outside."""
    lines, pairs = [], []
    for i, (image, text, url) in enumerate(found):
        path = f"pictures/{i}.jpg" if image is not None or i % 2 else "../../outside.jpg"
        if image is not None:
            (file.parent / path).write_bytes(image)
        lines.append({"key": f"list-{i}", "image_path": path, "caption": text, "image_url": url})
        pairs.append(Pair(f"list-{i}", file.name, text, image, path, url))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return pairs


def links() -> list[dict]:
    """Rows without images: sizes known, unknown, half known or senseless; one without an address."""
    caption = captions()
    sizes = ("300x200", "300x199", "601x200", "0x300", "-5x90", "x", "x50", "9999x9999")
    found = [(f"http://y/{i}", next(caption), size) for i, size in enumerate(sizes)]
    found += [(f"http://y/{i}", f"the red kite number {i} & more", "x") for i in (8, 8, 9)]
    found += [("", "a link to nowhere near a river", "250x250")]
    return [dict(zip(LINK, (url, text, *size.split("x")), strict=True)) for url, text, size in found]


def link_pair(source: str, row: int, link: dict) -> Pair:
    width, height = (int(link[side]) if link[side] else None for side in ("width", "height"))
    key = f"{source}#{row:09d}"
    return Pair(key, source, link["text"], url=link["url"] or None, width=width, height=height, url_only=True)


def write_links(file: Path, source: str, found: Sequence[dict], delimiter: str) -> list[Pair]:
    text = io.StringIO()
    table = csv.DictWriter(text, LINK, delimiter=delimiter)
    table.writeheader()
    table.writerows(found)
    data = text.getvalue().encode()
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)
    return [link_pair(source, row, link) for row, link in enumerate(found)]


def write_evaluation(folder: Path) -> dict[str, Image.Image]:
    folder.mkdir()
    originals = {f"{n}.png": picture(600 + n, 256, 224) for n in range(3)}
    for name, original in originals.items():
        original.save(folder / name)
    return originals


def write_crawl(folder: Path) -> Crawl:
    """Writes crawl and evaluation set below `folder`, which must not exist."""
    for name in ("images", "web", "tables/pictures"):
        (folder / name).mkdir(parents=True)
    originals = write_evaluation(folder / "eval")
    (folder.parent / "outside.jpg").write_bytes(encode(picture(999)))
    found = rows(list(originals.values()))
    pairs = [
        *write_parquet(folder / "images" / "a.parquet", found[:60]),
        *write_parquet(folder / "images" / "b.parquet", found[60:75]),
        *write_tar(folder / "web" / "00000.tar", found[75:100]),
        *write_tar(folder / "web" / "00001.tar", found[100:110]),
        *write_list(folder / "tables" / "list.jsonl", found[110:]),
        *write_links(folder / "tables" / "links.csv", "tables/links.csv", links(), ","),
        *write_links(folder / "tables" / "more.tsv.gz", "more.tsv.gz", links()[::-1], "\t"),
    ]
    return Crawl(folder, pairs, {name: (folder / "eval" / name).read_bytes() for name in originals})
