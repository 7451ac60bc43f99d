"""Tars whose pairs have their texts in different fields, and tars that are compressed."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from pipeline.inputs import BadFile, Columns, Input
from tests.pipeline.inputs.test_tar import fields, sample, write_tar
from tests.support.inputs import read


def test_a_pair_has_the_first_text_that_it_has_itself(tmp_path: Path) -> None:
    every = [
        fields(caption="c0"),
        fields(caption=["a", "b"]),
        fields(caption=None, text="t2"),
        fields(alt="a3", caption="c3"),
        fields(text="t4", caption="c4"),
        fields(url="u"),
    ]
    members = [(f"{row}.json", content) for row, content in enumerate(every)] + [("6.txt", b"x6")]
    table = read(write_tar(tmp_path / "t.tar", [*members, *((f"{row}.jpg", b"i") for row in range(7))]))
    assert table["key"].to_pylist() == ["0", "1#0", "1#1", "2", "3", "4", "5", "6"]
    assert table["text"].to_pylist() == [b"c0", b"a", b"b", b"t2", b"c3", b"t4", None, b"x6"]
    chosen = read(tmp_path / "t.tar", Input(columns=Columns(text="text")))
    assert chosen["text"].to_pylist() == [None, None, b"t2", None, b"t4", None, None]


@pytest.mark.slow
def test_a_compressed_tar_is_refused_with_the_command_that_unpacks_it(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "it's.tar", sample("0", "text 0"))
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(BadFile, match="a compressed tar; to unpack it: ") as error:
        read(path)
    subprocess.run(["bash", "-ec", str(error.value).partition("to unpack it: ")[2]], check=True)
    assert read(tmp_path / "it's.plain.tar")["text"].to_pylist() == [b"text 0"]
