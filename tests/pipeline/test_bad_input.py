"""Bad input: the exact lines that name it, the exit code, and what is left behind."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Rerun, Runs, arguments
from tests.support.command import ROOT, Finished, command, result, run, run_corpus, shards
from tests.support.crawl import Crawl, tar
from tests.support.crawl_contents import encode, picture

pytestmark = pytest.mark.slow

PIXELS = encode(picture(0))
TABLE = b"url,text\nhttp://x/1,a red kite\n"


def parquet(**columns: list) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Bytes, and what is said of them."""
    whole = parquet(text=["a red kite"] * 99, url=[f"http://x/{n}" for n in range(99)])
    pair = tar(("0.jpg", PIXELS), ("0.txt", b"a red kite"))
    packed = gzip.compress(TABLE * 9, mtime=0)
    not_parquet = "Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file."
    return {
        "cut.csv.gz": (packed[:-12], "Compressed file ended before the end-of-stream marker was reached"),
        "cut.parquet": (whole[: len(whole) // 2], not_parquet),
        "cut.tar": (pair[: len(pair) // 3], "truncated: '0.jpg' is longer than the file"),
        "cut.tfrecord": (b"\x08" + bytes(30), "wrong checksum of the length of the record at byte 0"),
        "empty.csv": (b"", "empty file"),
        "empty.jsonl": (b"", "empty file"),
        "empty.parquet": (b"", "Parquet file size is 0 bytes"),
        "empty.tar": (b"", "not a tar, or a damaged header: empty file"),
        "empty.tsv.gz": (b"", "empty file"),
        "no_image.parquet": (
            parquet(text=["a"], label=[1]),
            "no column with images, their paths or URLs (image, jpg, jpeg, png, webp, image_bytes, bytes, image_path, "
            "file_name, filepath, filename, path, url, URL, image_url; or choose with input.columns.image, "
            "input.columns.image_path, input.columns.url); "
            "the columns are text (string), label (int64)",
        ),
        "no_text.csv": (
            b"url,title\nhttp://x/1,a red kite\n",
            "no text column (text, TEXT, caption, alt_text, alt, txt, captions; or choose with "
            "input.columns.text); the columns are url (string), title (string)",
        ),
        "not.jsonl": (b'{"url": "u", "text": "t"}\n[]\n', "line 2 is list, not an object"),
        "not.parquet": (b"not Parquet" * 9, not_parquet),
        "not.tar": (b"not a tar" * 99, "not a tar, or a damaged header: invalid header"),
    }


@pytest.fixture(scope="module")
def bad_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    for name, (data, _) in bad_files().items():
        (folder / name).write_bytes(data)
    (folder / "unreadable.csv").symlink_to("/proc/self/mem")
    (folder / "good.csv").write_bytes(TABLE)
    return folder


@pytest.fixture(scope="module")
def refused(bad_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run_corpus(tmp_path_factory.mktemp("refused") / "out", bad_folder, "--workers=2")


def lines(finished: Finished) -> list[str]:
    return finished.process.stderr.splitlines()


def test_all_bad_files_are_named_once(refused: Finished, bad_folder: Path) -> None:
    said = [line for line in lines(refused) if line.startswith("pipeline: ")]
    files = [line.removeprefix(f"pipeline: {bad_folder}/").partition(": ")[0] for line in said]
    assert refused.process.returncode == 1
    assert files == sorted([*bad_files(), "unreadable.csv"])
    assert not refused.process.stdout


@pytest.mark.parametrize("name", [*bad_files(), "unreadable.csv"])
def test_a_bad_file_is_named_with_its_fault(refused: Finished, bad_folder: Path, name: str) -> None:
    _, fault = bad_files().get(name, (b"", "Input/output error"))
    assert f"pipeline: {bad_folder / name}: {fault}" in lines(refused)


def test_nothing_is_counted_after_a_bad_file(refused: Finished) -> None:
    assert not shards(refused.output, "corpus")
    assert not (refused.output / "work" / "count").exists()


def test_bad_files_can_be_skipped(bad_folder: Path, tmp_path: Path) -> None:
    done = run_corpus(tmp_path / "out", bad_folder, "--input.on_bad_file=skip", "--workers=1")
    assert done.process.returncode == 0
    assert done.json("funnel.json")["raw"] == 1
    assert set(bad_files()) < set(done.json("manifest.json")["skipped"])


def refuse(tmp_path: Path, *words: str) -> tuple[int, str]:
    """The exit code and the last line of a run that must not begin; it leaves no output."""
    done = run("pipeline", *words, f"--output={tmp_path / 'out'}")
    assert not (tmp_path / "out").exists()
    return done.returncode, done.stderr.splitlines()[-1]


def test_an_empty_glob(tmp_path: Path) -> None:
    assert refuse(tmp_path, f"--input={tmp_path}/*.parquet") == (
        2,
        f"pipeline: input: no file matches '{tmp_path}/*.parquet'",
    )


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "pairs.xls").write_bytes(b"")
    code, said = refuse(tmp_path, f"--input={tmp_path}/pairs.xls")
    assert code == 2
    assert said.startswith(f"pipeline: input: {tmp_path}/pairs.xls is of another kind than .parquet, .csv")


def test_an_evaluation_set_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TABLE)
    code, said = refuse(tmp_path, f"--input={tmp_path}/a.csv", f"--eval_images={tmp_path}/nowhere")
    assert code == 2
    assert said.endswith(f"no file matches '{tmp_path}/nowhere'")


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("nsfw", "model: no such model: nsfw; there is open_nsfw, or a path that ends in .onnx or .keras"),
        ("/nowhere.onnx", "model: no such file: /nowhere.onnx"),
    ],
)
def test_a_model_that_is_not_there_is_refused_before_anything_runs(tmp_path: Path, model: str, fault: str) -> None:
    (tmp_path / "a.csv").write_bytes(TABLE)
    words = (f"--input={tmp_path}/a.csv", f"--filters.porn.model={model}")
    assert refuse(tmp_path, *words) == (2, f"pipeline: filters.porn: {fault}")


def test_an_output_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TABLE)
    done = run("pipeline", f"--input={tmp_path}/a.csv", f"--output={tmp_path}/a.csv/out")
    (said,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert said == f"pipeline: can't write {tmp_path}/a.csv/out: {tmp_path}/a.csv is a file, not a folder"


def test_a_run_that_is_not_finished_has_no_report(tmp_path: Path) -> None:
    done = run("pipeline", "report", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"pipeline: {tmp_path} holds no finished run\n")


def test_a_table_none_of_whose_images_exists(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"image_path,text\n1.jpg,a red kite\n../2.jpg,a blue kite\n")
    done = run_corpus(tmp_path / "out", tmp_path / "a.csv", "--workers=1")
    assert done.process.returncode == 1
    looked = f"looked in {tmp_path}; input.image_folder=DIR names another folder"
    assert lines(done)[-1] == f"pipeline: {tmp_path}/a.csv: none of its 2 images exists; {looked}"


def test_another_run_is_refused_and_replaced_on_demand(
    crawl: Crawl, again: Rerun, corpus_of: Runs, tmp_path: Path
) -> None:
    """Files that are not the pipeline's stay where they are."""
    first = run_corpus(tmp_path / "out", crawl.folder / "tables" / "links.csv", "--workers=1")
    (first.output / "diary.txt").write_text("mine")
    before = result(first.output)
    refused = run_corpus(first.output, crawl.inputs, *arguments(crawl))
    assert refused.process.returncode == 2
    (said,) = lines(refused)
    assert said.startswith(f"pipeline: {first.output} holds another run, which differs in ")
    assert said.endswith("; --overwrite replaces it")
    assert result(first.output) == before
    assert result(again(crawl, "--overwrite").output) == result(corpus_of().output)
    assert (first.output / "diary.txt").read_text() == "mine"


@pytest.mark.parametrize("limit", [2_000, 30_000])
def test_a_full_disk_is_named_and_leaves_nothing_half(
    crawl: Crawl, again: Rerun, corpus_of: Runs, tmp_path: Path, limit: int
) -> None:
    """A limit of the size of a file stands for the disk: the same error arrives at the same calls."""
    whole = result(corpus_of().output)
    words = command("pipeline", f"--input={crawl.inputs}", f"--output={tmp_path / 'out'}", *arguments(crawl))

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=600, preexec_fn=fill)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"pipeline: can't write {tmp_path / 'out'}/")
    assert ": file too large; with more space the same command resumes (traceback: " in said
    assert result(tmp_path / "out").items() <= whole.items()
    assert result(again(crawl).output) == whole
