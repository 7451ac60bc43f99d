"""Lists of captions: a pair each, in every format, with the image and the other columns of their row."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import BadFile, Columns, Input
from pipeline.inputs.captions import spread
from pipeline.inputs.reader import BATCH_ROWS, IMAGE_BATCH_BYTES
from tests.support.command import run_corpus, shards
from tests.support.crawl_contents import encode, picture
from tests.support.inputs import again, carried, open_path, read
from train.example import read_records, write_record

LISTS = [["one a", "one b"], [], None, ["two"], ["three a", None, ""]]
PAIRS = [("k0#0", b"one a"), ("k0#1", b"one b"), ("k1", None), ("k2", None), ("k3#0", b"two")]
PAIRS += [("k4#0", b"three a"), ("k4#1", None), ("k4#2", b"")]
PARENTS = [0, 0, 1, 2, 3, 4, 4, 4]
KEYS = [f"k{row}" for row in range(5)]
OPTIONS = ("--workers=1", "--input.rows_per_shard=5", "--filters.porn.enabled=false")


def pairs(table: pa.Table) -> list[tuple[str, bytes | None]]:
    return list(zip(table["key"].to_pylist(), table["text"].to_pylist(), strict=True))


def parquet(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "t.parquet", row_group_size=2)
    return folder / "t.parquet"


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.binary()),
        pa.list_(pa.string_view()),
    ],
)
def test_every_type_of_list_in_parquet(tmp_path: Path, kind: pa.DataType) -> None:
    lists = pa.array(LISTS, pa.list_(pa.string())).cast(kind)
    table = read(parquet(tmp_path, key=KEYS, captions=lists, url=KEYS, n=[[row] for row in range(5)]))
    assert pairs(table) == PAIRS
    assert table["url"].to_pylist() == [KEYS[row] for row in PARENTS]
    assert carried(table) == {"n": [[row] for row in PARENTS]}


def test_lists_of_numbers_and_of_one_length(tmp_path: Path) -> None:
    path = parquet(
        tmp_path, caption=pa.array([[1, 2], [3, None]], pa.list_(pa.int64(), 2)), url=["u", "v"], key=["a", "b"]
    )
    assert pairs(read(path)) == [("a#0", b"1"), ("a#1", b"2"), ("b#0", b"3"), ("b#1", None)]


def test_lists_in_jsonl_also_beside_captions(tmp_path: Path) -> None:
    rows = [{"key": key, "captions": value, "url": "u"} for key, value in zip(KEYS, LISTS, strict=True)]
    assert pairs(read(jsonl(tmp_path / "t.jsonl", *rows))) == PAIRS
    plain = [{"key": "p", "captions": "plain", "url": "u"}, {"key": "q", "captions": {"en": "x"}, "url": "u"}]
    table = read(jsonl(tmp_path / "t.jsonl", *rows, *plain, {"key": "r", "captions": [5, ["x"]], "url": "u"}))
    assert pairs(table) == [*PAIRS, ("p", b"plain"), ("q", None), ("r#0", b"5"), ("r#1", None)]


def test_lists_in_the_json_members_of_a_tar(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for key, captions in zip(KEYS, LISTS, strict=True):
            members = {"jpg": key.encode(), "json": json.dumps({"captions": captions, "n": key}).encode()}
            members |= {"txt": b"beside"} if key == "k3" else {}
            for ending, content in members.items():
                member = tarfile.TarInfo(f"{key}.{ending}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    table = read(tmp_path / "t.tar")
    assert pairs(table) == [("k3", b"beside") if key == "k3#0" else (key, text) for key, text in PAIRS]
    images = [KEYS[row].encode() for row in PARENTS]
    assert table["image"].to_pylist() == images == again(tmp_path / "t.tar", table, range(8))
    lists = [LISTS[row] if LISTS[row] is None else json.dumps(LISTS[row]) for row in PARENTS]
    assert carried(table) == {"captions": lists, "n": [KEYS[row] for row in PARENTS]}


@pytest.mark.slow
def test_several_captions_in_a_record(tmp_path: Path) -> None:
    import tensorflow as tf

    path = tmp_path / "t.tfrecord"
    with path.open("wb") as file:
        for key, texts in (("a", [b"x", b"y"]), ("b", [b"z"])):
            features = {"jpg": [b"i"], "key": [key.encode()], "caption": texts}
            lists = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=feature))
                for name, feature in features.items()
            }
            example = tf.train.Example(features=tf.train.Features(feature=lists))
            write_record(file, example.SerializeToString())
    table = read(path)
    assert pairs(table) == [("a#0", b"x"), ("a#1", b"y"), ("b", b"z")]
    assert again(path, table, range(3)) == table["image"].to_pylist() == [b"i"] * 3


@pytest.mark.parametrize("value", ['["a", "b"]', "['a', 'b']"])
def test_a_string_that_looks_like_a_list_stays_text(tmp_path: Path, value: str) -> None:
    rows = ({"text": value, "url": "u"}, {"text": ["c"], "url": "v"})
    assert read(jsonl(tmp_path / "t.jsonl", *rows))["text"].to_pylist() == [value.encode(), b"c"]
    quoted = value.replace('"', '""')
    (tmp_path / "t.csv").write_text(f'text,url\n"{quoted}",u\n')
    assert read(tmp_path / "t.csv")["text"].to_pylist() == [value.encode()]


def test_a_row_without_a_key_has_that_of_its_place(tmp_path: Path) -> None:
    table = read(parquet(tmp_path, captions=pa.array(LISTS), url=KEYS, key=["own", *[None] * 4]))
    assert table["key"].to_pylist()[:5] == [
        "own#0",
        "own#1",
        "t.parquet#000000001",
        "t.parquet#000000002",
        "t.parquet#000000003#0",
    ]


@pytest.mark.parametrize("name", ["captions", "reviews"])
def test_lists_of_objects_are_no_captions(tmp_path: Path, name: str) -> None:
    columns = Columns(text=name)
    for path in (
        jsonl(tmp_path / "t.jsonl", {name: [{"raw": "a"}], "url": "u"}),
        parquet(tmp_path, **{name: [[{"raw": "a"}]], "url": ["u"]}),
    ):
        with pytest.raises(BadFile, match=rf"column {name} \(input\.columns\.text\) can't be used: it holds"):
            open_path(path, Input(columns=columns)).has_images  # noqa: B018  # JSONL finds its columns when asked


def test_images_are_found_again_by_their_row(tmp_path: Path) -> None:
    path = parquet(tmp_path, captions=pa.array(LISTS), image=[key.encode() for key in KEYS])
    table = read(path)
    images = [KEYS[row].encode() for row in PARENTS]
    assert table["image"].to_pylist() == images == again(path, table, range(8))
    assert again(path, table, [1, 4, 5, 7]) == [images[row] for row in (1, 4, 5, 7)]
    assert len(open_path(path).spans(1)) == 1, "pairs are counted from the start of the file"


def test_batches_stay_small_when_rows_are_repeated(tmp_path: Path) -> None:
    image = bytes(IMAGE_BATCH_BYTES // 4)
    path = parquet(tmp_path, captions=[["a"] * 10, ["b"]], image=[image, b"i"])
    assert [len(batch) for batch in open_path(path).batches()] == [4, 4, 3]
    path = parquet(tmp_path, captions=[["a"] * BATCH_ROWS + ["b"]], url=["u"])
    batches = list(open_path(path).batches())
    assert [len(batch) for batch in batches] == [BATCH_ROWS, 1] and batches[1]["text"].to_pylist() == [b"b"]


@pytest.mark.parametrize(("count", "is_good"), [(900, True), (1_200, False)])
def test_a_row_that_its_captions_make_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, is_good: bool
) -> None:
    monkeypatch.setattr("pipeline.inputs.captions.MOST_BYTES", 10_000_000)
    path = parquet(tmp_path, captions=[["a"], ["b"] * count], url=["u", "u"], note=["x", "x" * 9_000])
    if is_good:
        assert len(read(path)) == 1 + count
    else:
        with pytest.raises(BadFile, match="row 2 comes to over 10,000,000 bytes with its 1,200 captions"):
            read(path)


def test_a_table_without_lists_is_left_alone() -> None:
    table = pa.table({"key": [None, "a"]})
    assert [part is table for part in spread(table, "t", 0)] == [True]


@pytest.mark.slow
def test_a_corpus_of_several_shards_has_each_caption_with_its_image(tmp_path: Path) -> None:
    images = [encode(picture(number)) for number in range(4)]
    captions = [[f"a kite number {row} seen {times} times" for times in range(3)] for row in range(4)]
    parquet(tmp_path, captions=pa.array(captions), image=images, key=KEYS[:4])
    done = run_corpus(tmp_path / "out", tmp_path / "t.parquet", *OPTIONS)
    expected = [(f"k{row}#{times}", captions[row][times], row) for row in range(4) for times in range(3)]
    assert [(row["key"], row["text"]) for row in done.verdicts()] == [(key, text) for key, text, _ in expected]
    assert len(shards(done.output, "corpus")) == 3
    records = [
        record for path in shards(done.output, "corpus") for _, record in read_records(io.BytesIO(path.read_bytes()))
    ]
    assert len(records) == 12
    for record, (key, text, row) in zip(records, expected, strict=True):
        assert key.encode() in record and text.encode() in record and images[row] in record
