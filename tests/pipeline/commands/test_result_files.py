"""`train evaluate` and `train search`: where numbers and page go, and the page of an evaluation on records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.command import Command
from pipeline.commands.train.evaluate import run as evaluate
from pipeline.commands.train.evaluate.options import EVALUATE
from pipeline.commands.train.options import files_of_results
from pipeline.commands.train.search.options import SEARCH
from tests.support.training import small_trained, write_shards

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("output", "page", "files"),
    [
        (None, None, (None, None)),
        (None, "a.html", (None, "a.html")),
        ("out", None, ("out/search.json", "out/page.html")),
        ("out", "a.html", ("out/search.json", "a.html")),
        ("out/a.json", None, ("out/a.json", "out/a.html")),
        ("out/A.JSON", None, ("out/A.JSON", "out/A.html")),
        ("out/a.json", "b.html", ("out/a.json", "b.html")),
        ("out.txt", None, ("out.txt/search.json", "out.txt/page.html")),
    ],
)
def test_an_output_is_a_folder_or_a_json_file_with_a_page_beside_it(
    output: str | None, page: str | None, files: tuple[str | None, str | None]
) -> None:
    assert files_of_results(output, page, "search") == files


@pytest.mark.parametrize("command", [EVALUATE, SEARCH], ids=("evaluate", "search"))
@pytest.mark.parametrize(
    ("output", "page", "refused"),
    [
        ("out/a.json", "out/a.json", True),
        ("out/a.json", "./out//a.json", True),
        ("out", "{out}.json", True),
        ("out/a.json", "out/a.html", False),
        ("out/a.json", "out/A.json", False),
        (None, "out/a.json", False),
    ],
)
def test_numbers_and_page_in_one_file_are_refused(
    command: Command[Any], output: str | None, page: str, refused: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    name = {"evaluate": "evaluation", "search": "search"}[command.name]
    page = page.format(out=f"out/{name}")
    what = ["--corpus=x"] if command is EVALUATE else ["--index=x", "--text=a"]
    words = ["--model=x", *what, f"--page={page}", *([f"--output={output}"] if output else [])]
    if not refused:
        assert command.parse(words).page == page
        return
    with pytest.raises(SystemExit, match="2"):
        command.parse(words)
    line = f"--page={page}: this is where --output={output} puts the numbers; name another file"
    assert capsys.readouterr().err.splitlines()[-1].endswith(line)


@pytest.mark.slow
@pytest.mark.parametrize(("more", "name"), [(["--all"], "all pictures"), ([], "held-out pictures")])
def test_an_evaluation_on_records_has_a_page(
    more: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shards(tmp_path, 12)
    monkeypatch.setattr(evaluate, "load_model", lambda folder, settings: small_trained())
    words = ["--model=model", f"--records={tmp_path}/*.tfrecord", *more]
    options = EVALUATE.parse([*words, f"--output={tmp_path}/out", "--train.data.held_out=0.6"])
    monkeypatch.setattr("pipeline.commands.train.evaluate.run.retrieval", retrieval_of(options.everything))
    evaluate.run(options)
    numbers = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    page = (tmp_path / "out" / "page.html").read_text()
    assert name in page and f"{100 * numbers['image_to_text']['found'][0]:.1f}" in page


def retrieval_of(everything: bool):
    """Recalls among all of twelve pictures, whatever the model holds out."""
    from train.evaluation.records import retrieval

    def measure(trained, shards, held_out: bool):
        assert held_out is not everything
        return retrieval(trained, shards, held_out=False)

    return measure
