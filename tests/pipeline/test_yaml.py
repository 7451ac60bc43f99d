"""Configs, settings and sets that are no YAML, or too much of it: one short line, exit 2, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.corpus.options import parse
from pipeline.config import LONGEST_NAME, Config, load_config
from pipeline.settings import ConfigError, build, shown
from pipeline.yaml_text import DEEPEST, LARGEST, MOST, parse_yaml

LETTERS = "abcdefghij"
BOMB = f"{LETTERS[0]}: &{LETTERS[0]} [{','.join('x' * 9)}]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in pairwise(LETTERS)
)
WRONG = {  # the text of a file, and what is said of it
    "alias bomb": (BOMB, "over 10,000 values, with those that aliases repeat"),
    "a bomb of merges": (BOMB.replace("[x", "{y: [x").replace("x]", "x]}"), "over 10,000 values"),
    "brackets": ("[" * 5000, "sections or lists more than 32 deep"),
    "closed brackets": ("name: " + "[" * 5000 + "]" * 5000, "sections or lists more than 32 deep"),
    "braces": ("{a: " * 5000, "sections or lists more than 32 deep"),
    "steps of a block": ("".join(" " * step + "a:\n" for step in range(100)), "sections or lists more than 32 deep"),
    "itself": ("name: &a [*a]", "*a stands inside what it repeats"),
    "an alias of nothing": ("name: *a", "not YAML: found undefined alias 'a'"),
    "a Python object": ("name: !!python/object/apply:os.system [ls]", "not YAML: could not determine a constructor"),
    "a month of 13": ("name: 2001-13-01", "not YAML: a number, date or tag that can't be read"),
    "a number of letters": ("name: !!int x", "not YAML: a number, date or tag"),
    "an integer too long for Python": ("name: " + "9" * 5000, "not YAML: a number, date or tag"),
    "NUL": ("name: a\0b", "not YAML: unacceptable character #x0000"),
    "a list": ("- 1", "a list, not a tree of settings"),
    "too large": ("#" * (LARGEST + 1), "over 200,000 bytes, which is no config"),
    "Latin-1": ("name: \udce9", "not UTF-8 at byte 6; save it as UTF-8"),
    "UTF-16": ("\udcff\udcfen\0", "not UTF-8 at byte 0; save it as UTF-8"),
}


def line(capsys: pytest.CaptureFixture[str], run: Callable[[], object]) -> str:
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    return line(capsys, lambda: parse(["--input=x", "--output=y", *arguments]))


@pytest.mark.parametrize("name", WRONG)
def test_a_config_that_cannot_be_read_is_one_short_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, fault = WRONG[name]
    file = tmp_path / "config.yaml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    said = refused(capsys, f"--config={file}")
    assert f"--config={file}: {fault}" in said
    assert len(said) < 500


@pytest.mark.parametrize("name", ["alias bomb", "braces", "Latin-1", "a number of letters"])
def test_so_are_sets_and_the_configs_of_other_commands(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.commands.train.cli import TRAIN
    from pipeline.commands.train.evaluate.sets import read_sets
    from pipeline.commands.vocab.options import parse as parse_vocab

    text, fault = WRONG[name]
    file = tmp_path / "some.yaml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError) as error:
        read_sets(str(file), None, ())
    assert str(error.value).startswith(f"--sets={file}: {fault}")
    option = f"--config={file}"
    assert fault in line(capsys, lambda: parse_vocab(["--input=x", "--output=y", option]))
    assert fault in line(capsys, lambda: TRAIN.parse(["fit", "--corpus=x", "--output=y", option]))
    assert fault in line(capsys, lambda: TRAIN.parse(["transfer", "--model=x", "--output=y", option]))


@pytest.mark.parametrize("value", ["[", "[" * 5000, "*a", "@a", "%", "a\x1b[31mb", "'a", "!!int x", "{a: " * 20])
def test_a_value_that_is_no_yaml_is_shown_short_with_what_to_type(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, f"--name={value}")
    assert said.endswith("""is no YAML value; a text goes in two pairs of quotes: --name='"…"'""")
    assert len(said) < 250
    assert "\x1b" not in said
    assert load_config("", [("name", '"[a"')]).name == "[a"


@pytest.mark.parametrize(
    "name", [".", "..", ".hidden", "a/b", r"a\b", '""', '"a\\x07b"', '"a\\nb"', '"a\\u202eb"', '"a\\u2028b"']
)
def test_what_cannot_be_part_of_a_file_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^name: .* can't be part of a file's name$"):
        load_config("", [("name", name)])


def test_the_longest_name_makes_files_and_a_longer_one_is_refused(tmp_path: Path) -> None:
    from pipeline.files import Output

    for name in ("x" * LONGEST_NAME, "é" * (LONGEST_NAME // 2)):
        assert load_config("", [("name", name)]).name == name
        Output(str(tmp_path)).write_bytes(f"work/examples/{name}-1234567-of-1234567.parquet", b"")
        with pytest.raises(ConfigError, match=r"bytes long, for a file's name 150 at most"):
            load_config("", [("name", name + "x")])


@pytest.mark.parametrize(
    "value",
    ["x" * 100_000, ["x" * 999] * 9, {"a": {"b": {"c": {"d": {"e": {}}}}}}, 16**5000, "\x1b" * 99, -(16**5000)],
    ids=["text", "list", "tree", "number", "escapes", "negative"],
)
def test_a_long_value_is_cut_in_every_message(value: Any) -> None:
    assert len(shown(value)) <= 100
    for setting in ("text", "measure", "filters", "name"):
        with pytest.raises(ConfigError) as error:
            build(Config, {setting: value}, "")
        assert len(str(error.value)) < 300
        assert str(error.value).isprintable()
    with pytest.raises(ConfigError, match="no such setting"):
        build(Config, {str(shown(value)) * 9: 1}, "")


def test_what_is_within_the_bounds_is_read() -> None:
    assert parse_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: [*a, *a]")["b"] == {"x": 1, "y": 2}
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert parse_yaml(deep) is not None
    with pytest.raises(ConfigError, match="deep"):
        parse_yaml(f"[{deep}]")
    row = "[" + "1," * 99 + "]"  # 100 values with itself
    most = f"a: &a {row}\nb: [{'*a,' * 98}]\n"  # the keys, the tree and the list count too
    assert len(parse_yaml(most + "c: " + "[" + "1," * (MOST - 9_906) + "]")) == 3
    with pytest.raises(ConfigError, match="over 10,000 values"):
        parse_yaml(most + "c: " + "[" + "1," * (MOST - 9_905) + "]")


def test_a_byte_order_mark_is_no_part_of_the_config(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: caf\xc3\xa9")
    assert parse(["--input=x", "--output=y", f"--config={file}"]).config.name == "café"
