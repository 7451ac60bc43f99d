"""Whole fetches from servers of this machine: every row has a status, and every picture its bytes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.command import ROOT
from tests.support.crawl_contents import encode, picture
from tests.support.fetch_runs import fetch, images, left, read_json, statuses, table, tars
from tests.support.report_runs import Page
from tests.support.scripted_server import Servers, Site, redirect, reply
from tests.support.two_runs import LIMITS, Web, compared, corpus, kept, records, verdicts, write

pytestmark = pytest.mark.slow(seconds=60)

PICTURES = [encode(picture(number)) for number in range(4)]
PAGE = b"<html>not a picture</html>"


@pytest.fixture(scope="module")
def site(servers: Servers) -> Site:
    scripts = {f"/{number}.jpg": reply(content) for number, content in enumerate(PICTURES)}
    more = {
        "/page": reply(PAGE),
        "/gone": reply(b"", 410),
        "/to": redirect("/0.jpg"),
        "/optout": reply(PICTURES[0], 200, "X-Robots-Tag: noai"),
        "/secret/1.jpg": reply(PICTURES[1]),
    }
    return servers.site(scripts | more, robots="User-agent: *\nDisallow: /secret/")


@pytest.fixture(scope="module")
def rows(site: Site, servers: Servers) -> list[tuple[str | None, str, str]]:
    """URL, text and status."""
    other = servers.site({"/a.png": reply(PICTURES[2], 200, "Content-Type: text/plain")})
    return [
        (site.url("/0.jpg"), "a red kite", "ok"),
        (site.url("/1.jpg"), "a blue kite, & more", "ok"),
        (site.url("/page"), "no picture", "not_image"),
        (other.url("/a.png"), "another host", "ok"),
        (site.url("/gone"), "was there once", "gone"),
        (None, "no URL", "bad_url"),
        ("ftp://127.0.0.1/a.jpg", "another scheme", "bad_url"),
        ("mailto:nobody", "no host", "bad_url"),
        (site.url("/0.jpg"), "the same URL again", "ok"),
        (site.url("/to"), "moved", "ok"),
        (site.url("/optout"), "opted out", "opt_out"),
        (site.url("/secret/1.jpg"), "forbidden by robots.txt", "robots"),
        (site.url("/2.jpg"), "Ein Drachen über\nder Stadt", "ok"),
        (site.url("/3.jpg"), "", "ok"),
    ]


@pytest.fixture(scope="module")
def store(rows: list[tuple[str | None, str, str]], site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fetch")
    site.asked.clear()
    return fetch(table(folder / "urls.csv", [row[:2] for row in rows]), folder / "store")


def key(number: int) -> str:
    return f"urls.csv#{number:09d}"


def test_every_row_has_a_status(rows: list[tuple[str | None, str, str]], store: Path) -> None:
    found = {row["key"]: row for row in statuses(store)}
    assert len(statuses(store)) == len(rows) and found.keys() == {key(number) for number in range(len(rows))}
    for number, (url, text, status) in enumerate(rows):
        row = found[key(number)]
        assert (row["url"], row["text"] or "", row["status"]) == (url or None, text, status)
        assert (row["sha256"] is not None) == (row["bytes"] is not None) == (status == "ok")
        assert row["tries"] == (0 if status in ("bad_url", "robots") else 1)
    assert found[key(9)]["final_url"] == rows[0][0] and found[key(0)]["final_url"] is None
    assert (found[key(0)]["http_code"], found[key(4)]["http_code"], found[key(5)]["http_code"]) == (200, 410, None)


def test_rows_are_in_the_order_of_the_input(store: Path) -> None:
    keys = [row["key"] for row in statuses(store)]
    assert keys == sorted(keys) and len(tars(store)) == 1


def test_pictures_are_as_they_were_served(rows: list[tuple[str | None, str, str]], store: Path) -> None:
    served = {0: PICTURES[0], 1: PICTURES[1], 3: PICTURES[2], 8: PICTURES[0], 9: PICTURES[0], 12: PICTURES[2]}
    served[13] = PICTURES[3]
    found = images(store)
    assert found.keys() == {key(number) for number in served}
    for number, content in served.items():
        sample = found[key(number)]
        assert (sample["image"], sample["text"]) == (content, rows[number][1])
        assert sample["fields"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert sample["fields"]["url"] == rows[number][0]


def test_each_url_is_asked_for_once(store: Path, site: Site) -> None:
    asked = Counter(site.paths())
    assert asked.pop("/0.jpg") == 2  # once by its own URL, once by the redirect
    assert asked.pop("/robots.txt") == 1 and "/secret/1.jpg" not in asked
    assert set(asked.values()) == {1}


def test_the_account(rows: list[tuple[str | None, str, str]], store: Path, site: Site) -> None:
    funnel, manifest = read_json(store, "funnel.json"), read_json(store, "manifest.json")
    distinct = {url: status for url, _, status in rows}
    assert funnel["rows"] == len(rows) and funnel["urls"] == funnel["asked"] == len(distinct)
    assert funnel["status_rows"] == Counter(status for _, _, status in rows)
    assert funnel["status_urls"] == Counter(distinct.values())
    assert funnel["images"] == 7
    assert funnel["bytes"] == sum(row["bytes"] or 0 for row in {row["url"]: row for row in statuses(store)}.values())
    ((host, urls, failed, most),) = funnel["hosts"]
    assert (f"http://{host}", urls, failed) == (site.origin.rpartition(":")[0], 9, 4) and most in ("not_image", "gone")
    (shard,) = manifest["shards"]
    ((tar_name, digest), (status_name, status_digest)) = sorted(left(store).items())
    assert (shard["tar_sha256"], shard["status_sha256"]) == (digest, status_digest)
    assert (tar_name, status_name) == ("images-00000-of-00001.tar", "status/00000-of-00001.parquet")
    assert shard["rows"] == len(rows) and shard["images"] == 7 and manifest["turn"] == 0


def documented(heading: str) -> dict[str, str]:
    """Names and types of the table below a heading of docs/files.md."""
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    part = page.partition(f"\n### {heading}\n")[2].partition("\n##")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", part, re.M))


def test_the_page_of_files_has_every_column_and_number(store: Path) -> None:
    schema = pq.read_schema(next((store / "status").iterdir()))
    assert documented("Columns of statuses") == {field.name: str(field.type) for field in schema}
    kinds = {int: "integer", dict: "object", list: "list"}
    found = {name: kinds[type(value)] for name, value in read_json(store, "funnel.json").items()}
    assert documented("funnel.json of a fetch") == found


def test_the_page(store: Path) -> None:
    page = Page((store / "report.html").read_text())
    for words in (
        f"{store.name} images of URLs",
        "not_image",
        "bad_url",
        "robots",
        "opt_out",
        "Hosts that failed most",
    ):
        assert words in page.words
    assert not [value for name, value in page.attributes if name in ("src", "href") and value.startswith("http")]


def test_nothing_is_left_of_the_work_but_markers(store: Path) -> None:
    left_over = sorted(path.relative_to(store).as_posix() for path in (store / "work").rglob("*") if path.is_file())
    assert left_over == ["work/asked", "work/fetched/00000.json", "work/run.json", "work/shards.json"]


def test_a_finished_fetch_asks_nothing_again(store: Path, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    before, asked = left(store), len(site.asked)
    fetch(store.parent / "urls.csv", store)
    assert left(store) == before and len(site.asked) == asked
    assert "not_image" in capsys.readouterr().out


def test_a_list_of_urls_without_texts(site: Site, tmp_path: Path) -> None:
    (tmp_path / "urls.csv").write_text(f"url\n{site.url('/0.jpg')}\n{site.url('/gone')}\n")
    store = fetch(tmp_path / "urls.csv", tmp_path / "store")
    assert [row["status"] for row in statuses(store)] == ["ok", "gone"]
    assert images(store)[key(0)]["text"] == ""


def test_the_three_commands_keep_what_one_run_keeps(servers: Servers, tmp_path: Path) -> None:
    contents = {f"/{n}.jpg": encode(picture(n, *((240, 210), (199, 300), (900, 210))[n % 3])) for n in range(24)}
    sites = [servers.site({path: reply(body) for path, body in contents.items()}) for _ in range(2)]
    urls = [site.url(path) for site in sites for path in contents]
    texts = ["the red kite near us", "the red kite & me", "the red kite &amp;amp; me", "kite", "a zebra unheard of"]
    pairs = [(url, texts[number % (5 if number < 5 else 4)]) for number, url in enumerate(urls)]
    bodies = {site.url(path): body + str(site.origin).encode() for site in sites for path, body in contents.items()}
    for site in sites:  # a picture of its own behind each URL
        site.scripts |= {path: reply(bodies[site.url(path)]) for path in contents}
    web = Web(pairs, bodies)
    first = corpus(web.write_links(tmp_path / "pairs.parquet"), tmp_path / "run1", *LIMITS)
    store = fetch(first, tmp_path / "store")
    second = corpus(f"{store}/*.tar", tmp_path / "run2", f"--counts={first}")
    once = corpus(web.write_images(tmp_path / "all" / "pairs.parquet"), tmp_path / "once", *LIMITS)
    assert {row["url"] for row in statuses(store)} == {row["url"] for row in kept(verdicts(first))}
    assert 0 < len(kept(verdicts(second))) < len(verdicts(second)) < len(pairs)
    assert compared(kept(verdicts(second))) == compared(kept(verdicts(once)))
    assert records(second) == records(once)


def test_passthrough_columns_come_back(site: Site, tmp_path: Path) -> None:
    row = {"url": site.url("/0.jpg"), "text": "a red kite", "lang": "en", "n": 3, "status": "mine", "key": "k"}
    store = fetch(write(tmp_path / "urls.parquet", [row]), tmp_path / "store")
    (found,) = statuses(store)
    assert (found["lang"], found["n"], found["input_status"], found["status"]) == ("en", 3, "mine", "ok")
    assert images(store)["k"]["fields"] | {"lang": "en", "n": 3, "input_status": "mine"} == images(store)["k"]["fields"]
    run = corpus(f"{store}/*.tar", tmp_path / "run")
    (verdict,) = verdicts(run)
    assert (verdict["key"], verdict["lang"]) == ("k", "en")
