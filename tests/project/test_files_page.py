"""docs/files.md says what a run's files hold: names, types and queries."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Runs
from tests.support.command import ROOT, Finished, shards
from train.example import decode_example, read_records

pytestmark = pytest.mark.slow(seconds=20)

PAGE = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.S)
HOSTS, SHARES, TEXTS, BY_RULE, BY_ANY_RULE, BY_SOURCE, THRESHOLD, RARE, NEAR, URLS, NUMBERS, SHARDS = QUERIES
NESTED = {"ngrams", "evaluation", "inputs[]", "shards[]"}  # objects whose names are fixed
TYPES = {"list<element: string>": "list\\<string>"}
JSON_TYPES = {int: "integer", str: "string", dict: "object", list: "list"}


@pytest.fixture(scope="module")
def run(corpus_of: Runs) -> Finished:
    return corpus_of()


def table(heading: str) -> dict[str, str]:
    """Names and types of the table below a heading."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", part, re.M))


def members(content: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Names and types of the values in a JSON file; a null has the type `null`."""
    for name, value in content.items():
        if f"{path}{name}[]" in NESTED:
            yield from members(value[0], f"{path}{name}[].")
        elif f"{path}{name}" in NESTED:
            yield from members(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", "null" if value is None else JSON_TYPES[type(value)]


def test_every_column_of_the_verdicts_in_order(run: Finished) -> None:
    schema = pq.read_schema(shards(run.output, "verdicts")[0])
    documented = table("Verdicts")
    found = {field.name: TYPES.get(str(field.type), str(field.type)) for field in schema}
    assert list(documented.items()) == list(found.items())[: len(documented)]
    assert list(found)[len(documented) :] == ["lang", "input_width", "input_reasons"]  # passthrough columns


def test_every_feature_of_a_record(run: Finished) -> None:
    file = next(file for file in shards(run.output, "corpus") if file.stat().st_size)
    with file.open("rb") as opened:
        example = decode_example(next(read_records(opened))[1])
    documented = table("Records")
    assert documented.keys() == example.keys()
    assert {name for name, kind in documented.items() if kind == "int64"} == {
        name for name, (value,) in example.items() if isinstance(value, int)
    }
    assert (
        documented.keys()
        == json.loads((run.output / "corpus/features.json").read_text())["featuresDict"]["features"].keys()
    )


@pytest.mark.parametrize("file", ["funnel.json", "manifest.json"])
def test_every_name_of_a_json_file(run: Finished, file: str) -> None:
    found, documented = dict(members(run.json(file))), table(file)
    assert list(documented) == list(found)
    wrong = {name: kind for name, kind in found.items() if kind not in ("null", documented[name])}
    assert not wrong


def test_every_file_of_a_run(run: Finished) -> None:
    named = {name.partition("/")[0] for name in re.findall(r"`([\w./<>*-]+)`", PAGE.partition("\n## ")[0])}
    assert {path.name for path in run.output.iterdir()} <= named


def ask(query: str, run: Finished) -> list[tuple[Any, ...]]:
    return duckdb.connect().execute(query.replace("out/toy", str(run.output))).fetchall()


def test_queries_by_rule_give_the_funnel(run: Finished) -> None:
    funnel = run.json("funnel.json")
    assert dict(ask(BY_RULE, run)) == {rule: pairs for rule, pairs in funnel["first_reason"].items() if pairs}
    assert dict(ask(BY_ANY_RULE, run)) == {rule: pairs for rule, pairs in funnel["any_reason"].items() if pairs}
    numbers = [funnel[name] for name in ("raw", "kept", "records")]
    assert ask(NUMBERS, run) == [(*numbers, funnel["first_reason"]["short_side"])]


def test_the_readme_has_the_first_three_queries() -> None:
    (block,) = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert block == "\n".join([HOSTS, SHARES, TEXTS])


def test_queries_by_host_share_and_text_give_what_the_verdicts_say(run: Finished) -> None:
    rows = run.verdicts()
    dropped = [row for row in rows if row["reasons"]]
    hosts = Counter(urlsplit(row["url"]).hostname if row["url"] else None for row in rows)
    found = ask(HOSTS, run)
    assert {host: raw for host, raw, _ in found} == dict(hosts)
    kept = {
        host: sum(row["kept"] for row in rows if row["url"] and urlsplit(row["url"]).hostname == host) for host in hosts
    }
    assert {host: number for host, _, number in found if host} == {host: kept[host] for host in hosts if host}
    firsts = Counter(row["reasons"][0] for row in dropped)
    alone = Counter(row["reasons"][0] for row in dropped if len(row["reasons"]) == 1)
    assert ask(SHARES, run) == [
        (rule, count / len(rows), alone[rule])
        for rule, count in sorted(firsts.items(), key=lambda one: (-one[1], one[0]))
    ]
    texts = Counter(row["text"] for row in dropped)
    most = sorted(texts.items(), key=lambda one: (-one[1], one[0].encode()))[:10]
    assert [(text, count) for text, count, _ in ask(TEXTS, run)] == most
    rules = {text: min(row["reasons"][0] for row in dropped if row["text"] == text) for text, _ in most}
    assert {text: rule for text, _, rule in ask(TEXTS, run)} == rules


def test_queries_of_pairs_give_what_the_verdicts_say(
    run: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = run.verdicts()
    kept = [row for row in rows if not row["reasons"]]
    assert sum(raw for _, raw, _ in ask(BY_SOURCE, run)) == len(rows)
    assert sum(pairs for _, _, pairs in ask(BY_SOURCE, run)) == len(kept)
    sizes = [min(row["width"], row["height"]) for row in kept if row["width"] and row["height"]]
    assert ask(THRESHOLD, run) == [(sum(size < 256 for size in sizes),)] and ask(THRESHOLD, run) != [(0,)]
    rare = {row["rare_ngram"] for row in rows} - {None}
    assert rare and {ngram for ngram, _ in ask(RARE, run)} <= rare
    near = [(row["key"], row["eval_match"], row["eval_distance"]) for row in rows if row["eval_match"]]
    assert ask(NEAR, run) == sorted(near, key=lambda row: (row[2], row[0]))[:20] != []
    ask(URLS, run)
    written = pq.read_table("urls.parquet")
    assert written.schema.names == ["url", "text"]
    assert set(zip(*(written[name].to_pylist() for name in ("url", "text")), strict=True)) == {
        (row["url"], row["text"]) for row in kept if row["url"]
    }
    assert pa.types.is_string(written.schema.field("url").type)


def test_the_query_of_shards_gives_the_largest(run: Finished) -> None:
    found = sorted(((shard["name"], shard["records"]) for shard in run.json("manifest.json")["shards"]), key=str)
    assert ask(SHARDS, run) == sorted(found, key=lambda shard: (-shard[1], shard[0]))[:5]
