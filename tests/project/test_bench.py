"""The benchmark's inputs are what they say, and its yardsticks compute what they claim. No clock: nothing is timed."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from itertools import pairwise

import imagehash
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bench import captions, debian_texts, distinct_words, duckdb_counts, held_out, image_loop, pictures, vocab, web
from bench.captions import Crawl
from bench.figures import Figure, median, show
from bench.images import FEW, slope
from bench.measure import CommandFailed, measure, pss, python, tree
from vocab.quality import Fit


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    return read(Crawl(60_000, foreign=0.35), tmp_path_factory.mktemp("crawl"))


def read(crawl: Crawl, folder) -> pa.Table:
    return pa.concat_tables(pq.read_table(path) for path in crawl.write(folder))


def test_a_crawl_is_the_same_each_time_and_another_with_another_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(captions, "ROWS_PER_FILE", 2000)
    one, again = (Crawl(5000).write(tmp_path / name) for name in ("one", "again"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in again]
    assert [pq.read_metadata(path).num_rows for path in one] == [2000, 2000, 1000]
    assert read(Crawl(5000), tmp_path / "one") != read(Crawl(5000, seed=2), tmp_path / "other")


def test_a_larger_crawl_begins_with_the_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(captions, "ROWS_PER_FILE", 2000)
    small, large = (read(Crawl(rows), tmp_path / str(rows)) for rows in (2000, 4000))
    assert large.slice(0, 2000) == small
    assert large["key"].to_pylist() == [f"{row:09d}" for row in range(4000)]


@pytest.mark.slow
def test_a_crawl_is_as_skewed_as_it_says(crawl):
    words = pc.mean(pc.list_value_length(pc.split_pattern(crawl["text"], " "))).as_py()
    ascii_rows = pc.mean(pc.string_is_ascii(crawl["text"]).cast(pa.int8())).as_py()
    assert words == pytest.approx(8.2, abs=0.1)
    assert ascii_rows == pytest.approx(0.65, abs=0.01)
    texts_of, images_of = defaultdict(set), defaultdict(set)
    for url, text in zip(crawl["url"].to_pylist(), crawl["text"].to_pylist(), strict=True):
        texts_of[url].add(text)
        images_of[text].add(url)
    assert 0.8 < len(texts_of) / len(crawl) < 0.95
    assert max(map(len, texts_of.values())) > 200
    assert max(map(len, images_of.values())) > 500


def test_ascii_is_the_default(tmp_path):
    assert pc.all(pc.string_is_ascii(read(Crawl(3000), tmp_path)["text"])).as_py()


@pytest.mark.parametrize("queries", ["three", "four"])
def test_duckdb_counts_the_groups(crawl, tmp_path, queries):
    some = crawl.slice(0, 3000)
    pq.write_table(some, tmp_path / "some.parquet")
    ngrams = Counter[str]()
    for text in some["text"].to_pylist():
        words = text.split(" ")
        ngrams.update(words + [f"{one} {two}" for one, two in pairwise(words)])
    expected = {"images": len(set(some["url"].to_pylist())), "texts": len(set(some["text"].to_pylist()))}
    assert duckdb_counts.count([str(tmp_path / "some.parquet")], queries) == expected | {"ngrams": len(ngrams)}


@pytest.mark.slow
def test_pictures_are_the_same_each_time_and_all_unlike(tmp_path):
    files = pictures.write_files(tmp_path, 8)
    contents = [file.read_bytes() for file in files]
    assert contents == [pictures.jpeg(number) for number in range(8)]
    hashes = [imagehash.phash(Image.open(file), 16) for file in files]
    assert min(one - other for one in hashes for other in hashes if one is not other) > 31
    assert all(least >= 320 for file in files for least in Image.open(file).size)


def test_the_loop_hashes_every_image(tmp_path):
    files = pictures.write_files(tmp_path, 3)
    (tmp_path / "copy.jpg").write_bytes(files[0].read_bytes())
    assert image_loop.hash_images([*files, tmp_path / "copy.jpg"]) == 3


def test_containers_hold_the_pictures(tmp_path):
    files = pictures.write_files(tmp_path, 3)
    pictures.write_tar(tmp_path / "x.tar", files)
    pictures.write_table(tmp_path / "x.parquet", files)
    contents = [file.read_bytes() for file in files]
    with tarfile.open(tmp_path / "x.tar") as tar:
        assert tar.getnames() == [f"{number:06d}.{ending}" for number in range(3) for ending in ("jpg", "txt")]
        assert [tar.extractfile(f"{number:06d}.jpg").read() for number in range(3)] == contents
    assert pq.read_table(tmp_path / "x.parquet")["image"].to_pylist() == contents


@pytest.mark.slow
def test_one_row_group_has_the_size_that_is_asked_for(tmp_path):
    path = tmp_path / "group.parquet"
    pictures.write_one_group(path, 2e6)
    images = pq.read_table(path)["image"].to_pylist()
    assert pq.read_metadata(path).num_row_groups == 1
    assert 2e6 <= sum(map(len, images)) < 2.3e6
    assert len(set(images)) == len(images)
    assert all(Image.open(io.BytesIO(image)).format == "JPEG" for image in images)


CHILD = "import sys; held = bytearray(b'x' * 50_000_000); print('ready', flush=True); sys.stdin.read()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.mark.slow
def test_memory_is_that_of_the_whole_tree():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        parent, child = tree(process.pid)
        assert parent == process.pid
        assert pss(child) > 50_000_000 > pss(parent) > 0
        process.stdin.close()
    assert pss(process.pid) == 0


@pytest.mark.slow
def test_a_command_has_ended_when_its_orphans_have(tmp_path):
    late = f"import time; time.sleep(0.3); open({str(tmp_path / 'late')!r}, 'w')"
    start = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {late!r}], stdout=-3, stderr=-3); print(7)"
    )
    assert measure(*python("-c", start)).output == "7\n"
    assert (tmp_path / "late").exists()


@pytest.mark.slow
def test_a_command_that_fails_says_why():
    with pytest.raises(CommandFailed, match=r"no luck$"):
        measure(*python("-c", "import sys; print('a line'); sys.exit('no luck')"))


def test_a_bar_is_met_at_its_value(capsys):
    figures = [
        Figure("most", 1.25, "x", at_most=1.25),
        Figure("least", 1.5, "x", at_least=1.5),
        Figure("free", 12345.6, "s"),
    ]
    assert show(figures)
    assert "| most | 1.25 x | at most 1.25 | met |\n| least | 1.5 x | at least 1.5 | met |" in capsys.readouterr().out
    assert not show([*figures, Figure("more", 1.2501, at_most=1.25)])
    assert not show([Figure("less", 1.4999, at_least=1.5), *figures])


def test_slopes_and_medians():
    assert slope(lambda count: 5 + 0.001 * count, FEW + 800) == pytest.approx(0.001)
    assert (median([3, 1, 2]), median([4, 1, 3, 2])) == (2, 2)


def test_words_are_as_many_as_asked_for_and_each_comes_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(distinct_words, "TOP", 1000)
    texts = pq.read_table(distinct_words.write_texts(tmp_path / "words", 5000))["text"].to_pylist()
    counts = Counter(word for text in texts for word in text.split(" "))
    assert set(counts) == set(distinct_words.make_words(5000))
    assert (len(counts), min(counts.values()), max(counts.values())) == (5000, 2, 1000)
    assert all(word.isascii() and word.isalnum() for word in counts)


APT = """\
Package: cat
Description-md5: 0123
Description-de: Ein Programm
 Es liest. Es schreibt
 auch!
 .
 Mehr nicht.

Package: dog
Description-md5: 4567
Description-de: Noch eines

"""


def test_descriptions_of_packages_are_cut_to_sentences():
    found = ["Ein Programm", "Es liest.", "Es schreibt auch!", "Mehr nicht.", "Noch eines"]
    assert list(debian_texts.sentences(APT)) == found


def test_texts_are_learned_from_or_held_out(tmp_path):
    rows = [f"text {number}" for number in range(100)]
    pq.write_table(pa.table({"text": rows * 2, "lang": ["de"] * 200}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": rows}), tmp_path / "b.parquet")
    split = held_out.read_split([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert sorted(split.all_texts()) == sorted(rows * 2)
    assert len(split.held_out) * held_out.HELD_OUT == 200
    german = split.of("de")
    assert not {*german.learned["text"].to_pylist()} & {*german.held_out["text"].to_pylist()}
    with pytest.raises(CommandFailed, match=r"no file matches .*missing"):
        held_out.read_split([tmp_path / "missing"])


def test_a_web_spreads_its_pictures_over_hosts(tmp_path):
    pictures_of = [tmp_path / f"{number}.jpg" for number in range(5)]
    small = web.Web(["127.88.0.1", "127.88.0.2", "127.88.0.3"], 81, pictures_of)
    assert small.urls(2, 3) == [f"http://127.88.0.{host}:81/{number}.jpg" for number, host in enumerate([1, 2, 1])]
    assert len({url.split("/")[2] for url in small.urls(3, 5)}) == 3
    addresses = [web._address(number) for number in range(3000)]
    assert len(set(addresses)) == 3000
    assert {address.split(".")[0] for address in addresses} == {"127"}


def test_a_web_without_nginx_says_what_to_install(tmp_path):
    with pytest.raises(CommandFailed, match="apt-get install nginx-light"), web.serving(tmp_path, 1, 0, "no-nginx"):
        pass


def test_shuffled_inputs_hold_the_same_texts(tmp_path):
    texts = pa.table({"text": [f"text {number}" for number in range(50)], "lang": ["en"] * 50})
    shuffled = pq.read_table(held_out.write_inputs(tmp_path, texts, shuffled=True))
    assert shuffled != texts
    assert shuffled.sort_by("text") == texts.sort_by("text")


def test_the_worst_language_is_judged_if_it_has_enough_words():
    ours = {"en": Fit(1000, 1010), "de": Fit(1000, 1206), "fr": Fit(999, 2000)}
    theirs = {"en": Fit(1000, 1000), "de": Fit(1000, 1200), "fr": Fit(999, 1000)}
    middle, worst = vocab.fertilities("x", ours, theirs, bar=1)
    assert (middle.value, worst.value, worst.at_most) == (pytest.approx(0.5), pytest.approx(1), 1)
    assert "2 languages" in worst.what
