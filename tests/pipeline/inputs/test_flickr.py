"""Captions of Flickr, tables without a header or with another delimiter: read, or refused with what to type."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.inputs import BadFile, Input, InputError, find_sources
from tests.support.inputs import carried, open_path, read

TYPED = re.compile(r"--(input\.[a-z_.]+)=(\S+)")


def write(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def as_typed(path: Path) -> Input:
    """The settings that the refusal of a file says to type."""
    with pytest.raises(BadFile) as error:
        read(path)
    options = error.value.reason.partition("to read it, type ")[2]
    return load_config("", [(name, shlex.split(value)[0]) for name, value in TYPED.findall(options)]).input


def as_converted(path: Path, reason: str) -> Path:
    """The table that the command makes which the refusal of a file names."""
    with pytest.raises(BadFile) as error:
        read(path)
    assert error.value.reason.startswith(reason)
    script, source, table = re.findall(r"with: sed '(.*)' (\S+) > (\S+)$", error.value.reason)[0]
    assert source == str(path)
    lines = path.read_text().splitlines(keepends=True)
    for replaced in script.split(";"):  # in place of a process, which tests of this lane don't start
        _, delimiter, tab, _ = replaced.split("/")
        assert tab == r"\t"
        lines = [line.replace(delimiter, "\t", 1) for line in lines]
    return write(Path(table), "".join(lines))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_results_of_flickr30k_with_the_row_that_lacks_a_delimiter(images: Path) -> None:
    path = write(
        images / "results.csv",
        "image_name| comment_number| comment\n"
        '1.jpg| 0| Two "young" guys , one with hair .\n'
        "1.jpg| 1| A man in green .\n"
        "2.jpg| 4   A dog runs across the grass .\n",
    )
    table = read(path)
    assert table["image"].to_pylist() == [b"1.jpg", b"1.jpg", b"2.jpg"]
    assert table["text"].to_pylist()[0] == b'Two "young" guys , one with hair .'
    assert table["text"].to_pylist()[2].split() == b"A dog runs across the grass .".split()
    assert carried(table) == {"comment_number": ["0", "1", "4"]}
    assert table["image_path"].to_pylist() == ["1.jpg", "1.jpg", "2.jpg"]


def test_captions_of_flickr8k_and_flickr30k_as_csv(images: Path) -> None:
    path = write(images / "captions.txt", 'image,caption\n1.jpg,"a dog , running"\n3.jpg,""" quoted"\n')
    table = read(path)
    assert table["text"].to_pylist() == [b"a dog , running", b'" quoted']
    assert table["image"].to_pylist() == [b"1.jpg", None]
    path = write(images / "flickr30k.txt", "image_name,comment_number,comment\n2.jpg,0,a cat\n")
    assert read(path)["image"].to_pylist() == [b"2.jpg"]


def test_captions_with_commas_outside_quotes_are_refused_with_the_command_that_keeps_them(images: Path) -> None:
    path = write(images / "captions.txt", 'image,caption\n1.jpg,"a dog , running"\n2.jpg,a cat, one, and "two"\n')
    table = read(as_converted(path, "row 3: 4 instead of 2 values: "))
    assert table["text"].to_pylist() == [b"a dog , running", b'a cat, one, and "two"']
    assert table["image"].to_pylist() == [b"1.jpg", b"2.jpg"]
    with pytest.raises(BadFile, match=r"and type no --input\.delimiter$"):
        read(path, Input(delimiter="comma"))


def test_flickr30k_with_its_delimiter_in_a_caption_is_refused_with_the_command_that_keeps_it(images: Path) -> None:
    path = write(
        images / "results.csv",
        "image_name| comment_number| comment\n1.jpg| 0| A man | a woman .\n2.jpg| 4   A dog runs .\n",
    )
    table = read(as_converted(path, "row 2: 4 instead of 3 values: "))
    assert table["text"].to_pylist() == [b"A man | a woman .", b"A dog runs ."]
    assert table["image"].to_pylist() == [b"1.jpg", b"2.jpg"] and carried(table) == {"comment_number": ["0", "4"]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text_first.csv", "caption,image\na dog, running,1.jpg\n"),
        ("too_few.csv", "image,n,caption\n1.jpg,a dog\n"),
        ("captions.tsv", "image,caption\n1.jpg,a dog, running\n"),  # the command would empty it
        ("tabs.txt", "image\tcaption\n1.jpg\ta dog\trunning\n"),
        ("Flickr8k.token.txt", "1.jpg#0\ta dog\n1.jpg#1\ta dog\trunning\n"),
    ],
)
def test_other_rows_of_a_wrong_length_are_refused_without_a_command(images: Path, name: str, content: str) -> None:
    with pytest.raises(BadFile, match=r"row [23]: [23] instead of [23] values: [^;]*$"):
        read(write(images / name, content))


@pytest.mark.parametrize("name", ["Flickr8k.token.txt", "results_20130124.token", "a.tsv"])
def test_tokens_of_flickr(images: Path, name: str) -> None:
    table = read(write(images / name, '1.jpg#0\tA child , "so\n1.jpg#1\t"A girl"\n2.jpg.1#0\tTwo\n'))
    assert table["key"].to_pylist() == ["1.jpg#0", "1.jpg#1", "2.jpg.1#0"]
    assert table["image_path"].to_pylist() == ["1.jpg", "1.jpg", "2.jpg.1"]
    assert table["image"].to_pylist() == [b"1.jpg", b"1.jpg", None]
    assert table["text"].to_pylist() == [b'A child , "so', b'"A girl"', b"Two"]


def test_a_text_file_is_an_input_only_by_its_own_name(images: Path) -> None:
    path = write(images / "captions.txt", "image,caption\n1.jpg,a\n")
    assert [source.path for source in find_sources([str(path)])] == [str(path)]
    with pytest.raises(InputError, match="is of another kind"):
        find_sources([str(images / "*.txt")])
    with pytest.raises(InputError, match="no file matches"):
        find_sources([str(images)])
    with pytest.raises(BadFile, match="no text column"):
        read(write(images / "notes.txt", "Some notes, and\nmore.\n"))


ROWS = [("a dog runs", "http://a.b/1.jpg?x=1"), ("http in a caption", "https://a.b/2")]
ORDERS: dict[str, Callable[[tuple[str, str]], tuple[str, ...]]] = {
    "CC3M": lambda row: row,
    "CC12M": lambda row: (row[1], row[0]),
    "with a number": lambda row: ("7", row[1], row[0]),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("name", "separator"), [("a.tsv", "\t"), ("a.csv", ","), ("b.csv", "\t"), ("c.tsv", ";")])
def test_a_table_without_a_header_is_refused_with_the_options_that_read_it(
    tmp_path: Path, order: str, name: str, separator: str
) -> None:
    path = tmp_path / name
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(map(ORDERS[order], ROWS))
    table = read(path, as_typed(path))
    assert table["text"].to_pylist() == [row[0].encode() for row in ROWS]
    assert table["url"].to_pylist() == [row[1] for row in ROWS]


def test_the_first_row_of_a_table_of_images_without_a_header(images: Path) -> None:
    path = write(images / "a.tsv", "1.jpg\ta dog runs\n2.jpg\ta cat\n")
    table = read(path, as_typed(path))
    assert table["text"].to_pylist() == [b"a dog runs", b"a cat"]
    assert table["image"].to_pylist() == [b"1.jpg", b"2.jpg"]


def test_names_that_are_urls_are_names_where_the_columns_are_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,url,http://purl.org/dc/terms/title\na,http://x/1,b\n")
    assert carried(read(path)) == {"http://purl.org/dc/terms/title": ["b"]}


def test_a_caption_that_is_an_alias_makes_no_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "caption\thttp://a.b/1.jpg\na dog\thttp://a.b/2.jpg\n")
    assert read(path, as_typed(path))["text"].to_pylist() == [b"caption", b"a dog"]


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", ","), ("a.csv", "|")])
def test_the_delimiter_that_the_header_shows_is_taken(tmp_path: Path, name: str, separator: str) -> None:
    path = write(tmp_path / name, f'url{separator}text\nu{separator}"a{separator}b"\n')
    assert read(path)["text"].to_pylist() == [f"a{separator}b".encode()]
    given = Input(delimiter="comma" if separator != "," else "tab")
    with pytest.raises(BadFile, match="no text column"):
        read(path, given)


def test_without_a_header_the_delimiter_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a;http://x/1\n")
    headless = load_config("", [("input.header", "false"), ("input.columns.text", "0"), ("input.columns.url", "1")])
    with pytest.raises(BadFile, match=r"no column 1 .* type --input.delimiter=semicolon"):
        read(path, headless.input)


def test_a_column_image_of_text_holds_paths_where_there_is_no_other_place(images: Path) -> None:
    assert open_path(write(images / "a.csv", "text,image\na,1.jpg\n")).has_images
    assert not open_path(write(images / "b.csv", "text,image,url\na,1.jpg,http://x/1\n")).has_images
