"""The command line of a fetch: one line for each wrong one."""

from __future__ import annotations

import pytest

from crawl.fetching.answers import AGAIN
from pipeline.commands.corpus.cli import PIPELINE
from pipeline.commands.fetch.options import Options


def parsed(*arguments: str) -> Options:
    _, options = PIPELINE.parse(["fetch", *arguments])
    assert isinstance(options, Options)
    return options


def test_a_fetch() -> None:
    options = parsed("run1", "--output=store", "--fetch.contact=me@example.org", "--fetch.delay=0", "--workers=3")
    assert (options.run.inputs, options.output, options.workers, options.list) == (("run1",), "store", 3, "")
    assert (options.run.config.fetch.contact, options.run.config.fetch.delay) == ("me@example.org", 0)
    assert options.retry == frozenset() and not options.run.overwrite


@pytest.mark.parametrize(
    "arguments",
    [("run1", "--output", "store"), ("--output", "store", "run1"), ("--overwrite", "run1", "--output=store")],
)
def test_the_source_stands_anywhere(arguments: tuple[str, ...]) -> None:
    options = parsed(*arguments)
    assert (options.run.inputs, options.output) == (("run1",), "store")


def test_nothing_is_asked_again_without_retry() -> None:
    assert parsed("run1", "--output=store").retry == set()


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("failed", AGAIN),
        ("timeout", {"timeout"}),
        ("timeout,gone", {"timeout", "gone"}),
        ("failed,robots", AGAIN | {"robots"}),
    ],
)
def test_statuses_of_retry(text: str, statuses: set[str]) -> None:
    assert parsed("run1", "--output=store", f"--retry={text}").retry == statuses


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run1",), "give --output=STORE to fetch, or --list=FILE for the list of URLs alone"),
        (("run1", "--output=a", "--list=b"), "give --output=STORE to fetch, or --list=FILE for the list of URLs alone"),
        (("--output=store",), "RUN|TABLE"),
        (("run1", "run2", "--output=store"), "run2: give one RUN or TABLE; a glob in quotes names several tables"),
        (("--output=store", "run1", "--overwrite", "run2"), "run2: give one RUN or TABLE"),
        (("run1", "--output=store", "--retry=timeuot"), "timeout"),
        (("run1", "--output=store", "--retry="), "--retry is empty: give failed, or statuses with commas"),
        (("run1", "--output=store", "--retry=,"), "--retry is empty"),
        (("run1", "--list=urls.parquet", "--retry=failed"), "a list asks for none"),
        (("run1", "--output=store", "--retry=ok"), "--retry=ok: these images are there; --overwrite fetches all again"),
        (("run1", "--output=store", "--retry=everything"), "everything"),
        (("run1", "--output=store", "--fetch.per_host=0"), "per_host: 0 is not over 0"),
        (("run1", "--output=store", "--fetch.delay=-1"), "delay: -1 is under 0"),
        (("run1", "--output=store", "--fetch.contact=über"), "can't be part of a header"),
        (("run1", "--output=store", "--fetch.contacts=x"), "contact"),
        (("run1", "--output=store", "--fetch.tries=many"), "tries"),
        (("run1", "--output=store", "--workers=0"), "workers"),
        (("run1", "--outptu=store"), "--output"),
    ],
)
def test_a_wrong_command_line_is_one_line(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*arguments)
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and says in said[-1]
    assert not [line for line in said if "Traceback" in line]
