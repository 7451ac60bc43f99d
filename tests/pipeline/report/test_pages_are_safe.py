"""Every page, with hostile captions, class names, set names and file names in all places that take one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.commands.train.evaluate.page import evaluation_page
from pipeline.commands.train.evaluate.table import Outcome
from pipeline.commands.train.fit.page import training_page
from pipeline.commands.train.search.options import Query
from pipeline.commands.train.search.page import search_page
from pipeline.commands.train.search.results import Found, Hit
from pipeline.commands.vocab.page import vocabulary_page
from pipeline.page.markup import visible
from pipeline.page.parts import POLICY
from tests.pipeline.commands import test_train_evaluate_page as evaluation
from tests.pipeline.commands import test_vocab_page as vocabulary
from tests.pipeline.report.test_close_calls import match, write_close_calls
from tests.support import train_pages as training
from tests.support.report_runs import Page, candidate, dropped_pair, page_of
from tests.support.vocab_words import PIECES, measured
from train.measures.result import Line, Measured

pytestmark = pytest.mark.slow

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "closed title": "</title><script src=//evil.example></script>",
    "closed style": "</style><style>*{background:url(//evil.example)}</style>",
    "quotes": "\"'><img src=x onerror='alert(1)'>",
    "handler": '" onmouseover="alert(1)" x="',
    "javascript": '<a href="javascript:alert(1)">javascript:alert(1)</a>',
    "data": "data:text/html,<svg onload=alert(1)>",
    "frame": "<iframe srcdoc='<b>'></iframe><base href=//evil.example><meta http-equiv=refresh content=0>",
    "entities": "&lt;script&gt;&#60;script&#62;",
    "comment": "<!--><![CDATA[ ]]>",
    "control": "a\x00b\x07c\x1b]0;d\x1b[31m\x7f\x9b\r\n",
    "bidi": "txt.\u202egpj\u2066\u2069\u200f\u061c",
    "surrogate": "a\udcffb\ufeff\ufffe",
}
SHOWN_AS_ARE = set("\t\n\r")
Make = Callable[[str, Path], bytes]


def report(text: str, folder: Path) -> bytes:
    """With the audit of near-duplicates."""
    safe = text.encode(errors="replace").decode()  # Parquet holds no lone surrogate
    names = dict.fromkeys(("key", "source", "text", "eval_match", "transform"), safe)
    pairs = [
        candidate(1, text=safe, key=safe, source=safe),
        dropped_pair(2, "rare_ngram", text=safe) | {"rare_ngram": safe},
    ]
    output = write_close_calls(folder, [match(1, **names)], pairs, filters__porn__model=f'"{len(text)}.onnx"')
    return page_of(output).encode()


def search(text: str, folder: Path) -> bytes:
    """Results with missing images, so that names stand in the frames."""
    place = {
        "path": f"/nowhere/{text}".replace("\0", "0"),
        "row": None,
        "image_path": None,
        "offset": None,
        "length": None,
    }
    hits = [Hit(0.5, {"name": text, "texts": [text, text], **place})]
    queries = (Query(text=text), Query(image=f"/x/{text}".replace("\0", "0"), plus=(text,), minus=(text,)))
    return search_page({"pictures": 2, "bad": 1}, [Found(query, hits) for query in queries])


def evaluated(text: str, folder: Path) -> bytes:
    measures = Measured(
        (Line(text, ("R@1", "R@5", "R@10"), (0.1, 0.2, 0.3), (0.1, 0.2, 0.3)),), {text: 9}, {text: (text,)}
    )
    outcomes = (
        Outcome(text, evaluation.RETRIEVAL, measures),
        Outcome(text, evaluation.NEAREST, missing=text),
        Outcome(text, evaluation.NEAREST, failed=text),
    )
    return evaluation_page(text, text, outcomes)


def trained(text: str, folder: Path) -> bytes:
    facts = training.facts(
        name=text, corpus={"name": text, "sha256": text, "records": 1, "shards": 1},
        vocabulary={"size": 1, "profile": text, "sha256": text},
    )  # fmt: skip
    return training_page(facts, training.ROWS, training.RETRIEVAL)


def learned(text: str, folder: Path) -> bytes:
    safe = text.encode(errors="replace").decode()  # words are UTF-8
    facts = vocabulary.facts(profile=text, corpus={"name": text, "inputs": [text, text]}, sha256=text)
    return vocabulary_page(facts, measured([(safe, safe, 3), ("en", "abc", 2)], [*PIECES, safe]))


@pytest.fixture(scope="module", params=[report, search, evaluated, trained, learned])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Make, Page]:
    """Functions that make a page, each with a harmless page."""
    return request.param, Page(request.param("harmless", tmp_path_factory.mktemp("plain")).decode())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_a_text(both: tuple[Make, Page], text: str, tmp_path: Path) -> None:
    make, plain = both
    content = make(text, tmp_path).decode()
    page = Page(content)
    assert set(page.tags) <= set(plain.tags) | {"wbr"}
    assert page.tags.count("style") == 1 and page.tags.count("title") == plain.tags.count("title")
    assert not {"script", "iframe", "base", "object", "embed", "form", "link"} & set(page.tags)
    assert page.tags.count("meta") == plain.tags.count("meta")
    for name, value in page.attributes:
        assert not name.startswith("on") and name not in ("srcdoc", "action", "formaction", "xlink:href")
        assert name not in ("src", "href") or value.startswith(("data:image/jpeg;base64,", "#"))
        assert name != "style" or not re.search(r"url|expression|;.*;", value)
    assert ("content", POLICY) in page.attributes
    words = "".join(page.words.split())
    assert any("".join(visible(one).split())[:20] in words for one in (text, text.encode(errors="replace").decode()))
    unseen = {character for character in content if visible(character) != character} - SHOWN_AS_ARE
    assert not unseen, unseen


def test_the_policy_allows_neither_scripts_nor_the_network() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules == {"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:"}
