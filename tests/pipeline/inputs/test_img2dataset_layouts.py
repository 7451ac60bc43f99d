"""Files of img2dataset are read once, by the size of the originals, and without failed downloads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.inputs import Columns, Input, InputError, find_sources, open_source
from pipeline.measure.header import measure
from tests.support.command import Finished, run_corpus
from tests.support.img2dataset_layouts import PICTURE, WRITERS, download, write
from tests.support.inputs import again, read, whole
from tests.support.reading import read_records

pytestmark = pytest.mark.slow

SIZES = [(300, 300), (None, None), (150, 900), (0, 500), (None, 300), (100_000, 100_000)]
ROWS = [
    *(download(number, size) for number, size in enumerate(SIZES)),
    download(6, image=None),
    download(7, (300, 300), b"not an image"),
]
KEPT = [0, 1, 3, 4, 5]


def names(*patterns: Path | str) -> list[str]:
    return [source.name for source in find_sources([str(pattern) for pattern in patterns])]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_folder_of_each_format_is_read_once(tmp_path: Path, kind: str) -> None:
    folder = write(tmp_path / kind, kind, ROWS)
    [source] = find_sources([str(folder)])
    table = whole(open_source(source, Input()))
    rows = [row for row in ROWS if row["jpg"] is not None]
    assert table["key"].to_pylist() == [row["key"] for row in rows]
    assert table["text"].to_pylist() == [row["caption"].encode() for row in rows]
    assert table["url"].to_pylist() == [row["url"] for row in rows]
    assert table["image"].to_pylist() == [row["jpg"] for row in rows] == again(source.path, table, range(len(rows)))


def test_a_table_beside_its_archive_is_left_out_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for shard in ("00000", "00001"):
        write(tmp_path / "a", "webdataset", ROWS, shard)
        write(tmp_path / "b", "tfrecord", ROWS, shard)
    tars = ["00000.tar", "00001.tar"]
    assert names(tmp_path / "a") == names(tmp_path / "a/*.*") == tars
    said = "left out: 2 tables of img2dataset beside their archives (00000.parquet, 00001.parquet)\n"
    assert capsys.readouterr().err == said * 2
    assert names(tmp_path / "a/*.parquet", tmp_path / "a/*.tar") == tars
    assert names(tmp_path / "b") == ["00000.tfrecord", "00001.tfrecord"]
    assert [source.number for source in find_sources([f"{tmp_path}/a/*.parquet", f"{tmp_path}/a/*.tar"])] == [0, 1]


def test_other_tables_beside_archives_are_inputs(tmp_path: Path) -> None:
    write(tmp_path, "webdataset", ROWS)
    pq.write_table(pa.table({"url": ["u"], "caption": ["c"], "status": ["success"]}), tmp_path / "00000.parquet")
    write(tmp_path / "more", "parquet", ROWS)
    (tmp_path / "broken.tar").write_bytes((tmp_path / "00000.tar").read_bytes())
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    there = ["00000.parquet", "00000.tar", "broken.parquet", "broken.tar", "more/00000.parquet"]
    assert names(tmp_path) == there


def test_statistics_are_never_an_input(tmp_path: Path) -> None:
    write(tmp_path, "parquet", ROWS)
    assert names(tmp_path / "*") == ["00000.parquet"]
    with pytest.raises(InputError, match="but statistics of img2dataset"):
        find_sources([f"{tmp_path}/00000_stats.json"])


def test_a_table_named_without_its_archive_is_a_list_of_urls(tmp_path: Path) -> None:
    path = write(tmp_path, "webdataset", ROWS) / "00000.parquet"
    [source] = find_sources([str(path)])
    reader = open_source(source, Input())
    table = whole(reader)
    assert not reader.has_images and reader.failed_downloads == 1
    assert table["width"].to_pylist()[:3] == [300, None, 150], "of the originals"


def test_images_in_a_folder_are_found_by_their_keys(tmp_path: Path) -> None:
    first_fails = [download(0, image=None), *(download(number) for number in range(1, 4))]
    folder = write(tmp_path, "files", first_fails)
    (folder / "00000/000000002.jpg").unlink()
    table = read(folder / "00000.parquet")
    assert table["image_path"].to_pylist() == [f"00000/00000000{number}.jpg" for number in (1, 2, 3)]
    assert table["image"].to_pylist() == [PICTURE, None, PICTURE]
    (folder / "00000/000000001.jpg").rename(folder / "00000/000000001.webp")
    assert read(folder / "00000.parquet")["image"].to_pylist() == [PICTURE, None, None], "all have one format"
    shutil.rmtree(folder / "00000")
    assert read(folder / "00000.parquet")["image_path"].null_count == 3


def test_a_status_that_says_nothing_leaves_a_pair(tmp_path: Path) -> None:
    rows = [download(0) | {"status": None}, download(1) | {"status": "failed_to_resize"}, download(2) | {"status": ""}]
    path = write(tmp_path, "parquet", rows) / "00000.parquet"
    assert read(path)["key"].to_pylist() == ["000000000", "000000002"]
    without = pq.read_table(path).drop_columns("error_message")
    pq.write_table(without, tmp_path / "other.parquet")
    assert len(read(tmp_path / "other.parquet")) == 3, "a status of something else"


def test_failed_downloads_in_an_archive_are_no_pairs(tmp_path: Path) -> None:
    failed = download(1, image=b"") | {"status": "failed_to_download", "error_message": "HTTP Error 404"}
    for kind in ("webdataset", "tfrecord"):
        source = find_sources([str(write(tmp_path / kind, kind, [download(0), failed, download(2)]))])[0]
        reader = open_source(source, Input())
        assert whole(reader)["key"].to_pylist() == ["000000000", "000000002"] and reader.failed_downloads == 1


def test_rows_behind_failed_ones_find_their_images_in_other_row_groups(tmp_path: Path) -> None:
    pictures = [b"image %d" % number if number % 3 else None for number in range(50)]
    path = write(tmp_path, "parquet", [download(n, image=image) for n, image in enumerate(pictures)]) / "00000.parquet"
    pq.write_table(pq.read_table(path), path, row_group_size=7)
    table = read(path)
    there = [picture for picture in pictures if picture is not None]
    assert table["image"].to_pylist() == there == again(path, table, range(len(there)))


def test_lists_of_captions_behind_failed_rows_find_their_images(tmp_path: Path) -> None:
    rows = [
        {"key": "a", "status": "failed_to_download", "error_message": "e", "caption": ["x", "y"], "jpg": None},
        {"key": "b", "status": "success", "error_message": None, "caption": ["x", "y"], "jpg": b"b"},
        {"key": "c", "status": "success", "error_message": None, "caption": ["z"], "jpg": b"c"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet")
    assert table["key"].to_pylist() == ["b#0", "b#1", "c#0"]
    assert table["image"].to_pylist() == [b"b", b"b", b"c"] == again(tmp_path / "t.parquet", table, range(3))


@pytest.mark.parametrize("name", ["original", "ORIGINAL", "Orig"])
def test_both_sides_of_an_original_decide_or_none(tmp_path: Path, name: str) -> None:
    columns = {
        f"{name}_{side}": sides for side, sides in zip(("width", "HEIGHT"), zip(*SIZES, strict=True), strict=True)
    }
    rows = {"image": [PICTURE] * len(SIZES), "text": ["t"] * len(SIZES), "width": [9] * len(SIZES)}
    pq.write_table(pa.table({**rows, **columns}), tmp_path / "t.parquet")
    found = measure(read(tmp_path / "t.parquet"), has_images=True)
    sizes = list(zip(found["width"].to_pylist(), found["height"].to_pylist(), strict=True))
    assert sizes == [(300, 300), (256, 256), (150, 900), (256, 256), (256, 256), (100_000, 100_000)]
    assert set(found["image_width"].to_pylist()) == set(found["image_height"].to_pylist()) == {256}
    off = measure(read(tmp_path / "t.parquet", Input(original_size=False)), has_images=True)
    assert set(off["width"].to_pylist()) == set(off["height"].to_pylist()) == {256}


def test_settings_name_the_size_of_the_originals(tmp_path: Path) -> None:
    table = {"image": [PICTURE], "text": ["t"], "w": [7], "h": [8], "original_width": [1], "original_height": [2]}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    found = measure(read(tmp_path / "t.parquet", Input(columns=Columns(width="w", height="h"))), has_images=True)
    assert (found["width"].to_pylist(), found["height"].to_pylist()) == ([7], [8])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run on all formats at once, without the rules that have nothing to do with them."""
    folder = tmp_path_factory.mktemp("layouts")
    inputs = ",".join(str(write(folder / kind, kind, ROWS)) for kind in WRITERS)
    off = [f"--filters.{rule}.enabled=false" for rule in ("porn", "rare_ngram", "texts_of_image", "images_of_text")]
    done = run_corpus(folder / "out", inputs, "--workers=1", *off)
    assert done.process.returncode == 0, done.process.stderr
    return done


def test_all_formats_give_the_same_verdicts_by_the_size_of_the_originals(corpus: Finished) -> None:
    rows = corpus.verdicts()
    verdicts = [
        (0, 300, 300, []),
        (1, 256, 256, []),
        (2, 150, 900, ["short_side", "aspect_ratio"]),
        *((number, 256, 256, []) for number in (3, 4)),
        (5, 100_000, 100_000, []),
        (7, 300, 300, ["undecodable"]),
    ]
    judged = [(int(row["key"]), row["width"], row["height"], row["reasons"]) for row in rows]
    assert judged == verdicts * len(WRITERS)


def test_records_keep_the_size_of_their_bytes(corpus: Finished) -> None:
    shards = sorted((corpus.output / "corpus").glob("*.tfrecord"))
    records = [record for shard in shards for record in read_records(shard)]
    assert [int(record["key"]) for record in records] == KEPT * len(WRITERS)
    assert {(record["width"], record["height"]) for record in records} == {(256, 256)}


def test_failed_downloads_are_counted(corpus: Finished) -> None:
    assert corpus.json("manifest.json")["failed_downloads"] == {"00000.parquet": 2}
    assert "left out: 2 downloads of img2dataset that failed\n" in corpus.process.stderr


def test_nothing_but_failed_downloads_stops_the_run(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", "parquet", [download(0, image=None)])
    done = run_corpus(tmp_path / "out", folder, "--workers=1")
    assert done.process.returncode == 1
    assert "no pair: all 1 rows are downloads of img2dataset that failed" in done.process.stderr
