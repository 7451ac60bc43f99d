"""Files of every input format, two pairs each, under the names in the commands of docs/inputs.md."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.crawl import tar
from tests.support.crawl_contents import encode, picture
from tests.support.img2dataset_layouts import WRITERS, download, write
from tests.support.pages import image as shown
from tests.support.pages import warc, wat
from train.example import encode_example, write_record

IMAGES = [encode(picture(number, 256, 256)) for number in (1, 2)]
TEXTS = ["a red kite flies over a house", "two dogs run on a beach"]
URLS = ["http://u/1.jpg", "http://u/2.jpg"]
NAMES = ["1.jpg", "2.jpg"]
WIT = ("image_url", "caption_reference_description", "caption_attribution_description", "caption_alt_text_description")
OBJECTS = [{"url": url, "caption": text} for url, text in zip(URLS, TEXTS, strict=True)]
LINES = "".join(json.dumps(row) + "\n" for row in OBJECTS)


def write_every_format(folder: Path) -> None:
    for write_files in (
        _tables,
        _delimited,
        _json,
        _archives,
        _image_folders,
        _img2dataset,
        _caption_sets,
        _packed,
        _pages,
    ):
        write_files(folder)


def _put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _put_images(folder: Path) -> None:
    for name, image in zip(NAMES, IMAGES, strict=True):
        _put(folder / name, image)


def _put_rows(path: Path, separator: str, *rows: Sequence[str]) -> None:
    content = "".join(separator.join(row) + "\n" for row in rows)
    _put(path, gzip.compress(content.encode()) if path.suffix == ".gz" else content)


def _put_table(path: Path, **columns: Sequence[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def _tables(folder: Path) -> None:
    _put_table(folder / "crawl/a.parquet", image=IMAGES, text=TEXTS)
    _put_table(folder / "laion/0.parquet", URL=URLS, TEXT=TEXTS, WIDTH=[300, 400], HEIGHT=[300, 400])
    _put_table(folder / "datacomp/0.parquet", uid=["a", "b"], url=URLS, text=TEXTS)
    for lang, image, text in zip(("en", "fr"), IMAGES, TEXTS, strict=True):
        _put_table(folder / f"lake/lang={lang}/0.parquet", image=[image], text=[text])
    table = pa.table({"image": [{"bytes": image, "path": None} for image in IMAGES], "text": TEXTS})
    for name in ("shards/0.arrow", "saved/data-00000-of-00001.arrow"):
        (folder / name).parent.mkdir(exist_ok=True)
        with pa.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)
    _put(folder / "saved/state.json", "{}")
    _put(folder / "saved/dataset_info.json", "{}")


def _delimited(folder: Path) -> None:
    by_url, by_path = (list(zip(TEXTS, values, strict=True)) for values in (URLS, NAMES))
    _put_images(folder)
    _put_images(folder / "photos")
    _put_rows(folder / "pairs.csv", ",", ("text", "url"), *by_url)
    _put_rows(folder / "pairs.tsv.gz", "\t", ("text", "url"), *by_url)
    _put_rows(folder / "export.csv", ";", ("text", "image_path"), *by_path)
    _put_rows(folder / "rows.csv", ",", *by_path)
    _put_rows(folder / "lists/paths.tsv", "\t", ("caption", "file_name"), *by_path)
    _put_rows(folder / "captions.csv", ",", ("image", "caption"), *((name, f"{text}, so") for text, name in by_path))
    _put_rows(folder / "Train_GCC-training.tsv", "\t", *by_url)
    _put_rows(folder / "cc12m.tsv", "\t", *((url, text) for text, url in by_url))
    _put_rows(folder / "wit/0.tsv.gz", "\t", WIT, (URLS[0], TEXTS[0], "", ""), (URLS[1], "", "", TEXTS[1]))


def _json(folder: Path) -> None:
    for name in ("pairs.jsonl", "lines.json", "more.ndjson"):
        _put(folder / name, LINES)
    _put(folder / "list.json", json.dumps(OBJECTS))


def _members() -> list[tuple[str, bytes]]:
    named = zip(NAMES, IMAGES, TEXTS, strict=True)
    return [part for name, image, text in named for part in ((name, image), (f"{name[0]}.txt", text.encode()))]


def _archives(folder: Path) -> None:
    _put(folder / "shards/0.tar", tar(*_members()))
    (folder / "records").mkdir()
    with open(folder / "records/0.tfrecord", "wb") as file:
        for image, text in zip(IMAGES, TEXTS, strict=True):
            write_record(file, encode_example({"jpg": image, "txt": text}))


def _image_folders(folder: Path) -> None:
    for name in ("pictures", "pictures_jsonl", "pictures_parquet"):
        _put_images(folder / name)
    rows = list(zip(NAMES, TEXTS, strict=True))
    _put_rows(folder / "pictures/metadata.csv", ",", ("file_name", "text"), *rows)
    lines = [json.dumps({"file_name": name, "text": text}) for name, text in rows]
    _put(folder / "pictures_jsonl/metadata.jsonl", "\n".join(lines))
    _put_table(folder / "pictures_parquet/metadata.parquet", file_name=NAMES, text=TEXTS)


def _img2dataset(folder: Path) -> None:
    for kind in WRITERS:
        write(folder / f"downloaded_{kind}", kind, [download(0), download(1)])


def _caption_sets(folder: Path) -> None:
    for name in ("coco/val2017", "karpathy/images", "flickr8k/Images", "flickr30k/images"):
        _put_images(folder / name)
    rows = list(enumerate(zip(NAMES, TEXTS, strict=True)))
    annotations = [{"id": number, "image_id": number, "caption": text} for number, (_, text) in rows]
    images = [{"id": number, "file_name": name} for number, (name, _) in rows]
    _put(folder / "coco/annotations/captions_val2017.json", json.dumps({"images": images, "annotations": annotations}))
    split = [{"filename": name, "sentences": [{"sentid": number, "raw": text}]} for number, (name, text) in rows]
    _put(folder / "karpathy/dataset_flickr8k.json", json.dumps({"images": split, "dataset": "flickr8k"}))
    tokens = [(f"{name}#0", text) for _, (name, text) in rows]
    _put_rows(folder / "flickr8k/captions.txt", ",", ("image", "caption"), *((name, text) for _, (name, text) in rows))
    _put_rows(folder / "flickr8k/Flickr8k.token.txt", "\t", *tokens)
    _put_rows(folder / "flickr30k/results_20130124.token", "\t", *tokens)
    numbered = [(name, "0", text) for _, (name, text) in rows]
    _put_rows(folder / "flickr30k/results.csv", "| ", ("image_name", "comment_number", "comment"), *numbered)


def _packed(folder: Path) -> None:
    with zipfile.ZipFile(folder / "packed.zip", "w") as file:
        file.writestr("metadata.csv", (folder / "pictures/metadata.csv").read_bytes())
        for name, image in zip(NAMES, IMAGES, strict=True):
            file.writestr(name, image)
    _put(folder / "packed.tar.gz", gzip.compress(tar(*_members())))
    _put(folder / "packed.parquet.gz", gzip.compress((folder / "crawl/a.parquet").read_bytes()))


def _pages(folder: Path) -> None:
    page = "<base href='http://u/'>" + "".join(shown(text, url) for text, url in zip(TEXTS, URLS, strict=True))
    _put(folder / "cc/0.warc.gz", warc(page))
    _put(folder / "cc/0.wat.gz", wat(page))
    _put(folder / "page.html", page)
