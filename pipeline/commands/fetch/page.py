"""The page of a fetch: statuses as bars, bytes and rate, and the hosts that failed most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from crawl.fetching.answers import STATUSES
from filters.wording import counted
from pipeline.page.markup import shortened, tag
from pipeline.page.parts import byte_size, document, figure, flat, fold, table
from pipeline.report.charts import funnel_bar
from pipeline.report.funnel import share
from pipeline.report.head import title


def page(root: str, funnel: Mapping[str, Any], manifest: Mapping[str, Any]) -> Element:
    """The html element of the page of the fetch in the folder `root`."""
    sections = [_header(root, funnel), _statuses(funnel), *_hosts(funnel), _footer(manifest)]
    return document(f"{title(root)}: fetch report", sections)


def _header(root: str, funnel: Mapping[str, Any]) -> Element:
    urls, found = funnel["urls"], funnel["status_urls"].get("ok", 0)
    figures = [
        figure("URLs", f"{urls:,}", f"in {funnel['rows']:,} rows"),
        figure("with an image", f"{found:,}", share(found, urls)),
        figure("bytes", byte_size(funnel["bytes"])),
        *_rate(funnel),
    ]
    heading = tag("h1", title(root), " ", tag("small", "images of URLs"))
    return tag("header", tag("p", "Fetch report", class_="overline"), heading, _list(figures))


def _list(figures: list[Element]) -> Element:
    return tag("dl", *figures, class_="figures")


def _rate(funnel: Mapping[str, Any]) -> Iterator[Element]:
    """The rate of the last start; none if it asked for nothing."""
    seconds, asked = funnel["seconds"].get("fetch"), funnel["asked"]
    if seconds and asked:
        yield figure("URLs a second", f"{asked / seconds:,.1f}", f"{asked:,} in {seconds:,.0f} s, after the last start")


def _statuses(funnel: Mapping[str, Any]) -> Element:
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Status", "", "URLs", "Rows")))
    rows = [_status(name, count, funnel) for name, count in funnel["status_urls"].items()]
    statuses = tag("table", tag("thead", head), tag("tbody", *rows), class_="funnel")
    note = "Each URL ends with one status. Those that may end differently next time are asked again by "
    return tag("section", tag("h2", "Statuses"), tag("p", note, _again(), ".", class_="note"), statuses, id="statuses")


def _again() -> Element:
    return tag("span", "--retry=failed", class_="option")


def _status(name: str, count: int, funnel: Mapping[str, Any]) -> Element:
    urls, status = funnel["urls"], STATUSES[name]
    again: list[Element | str] = [" Asked again by ", _again(), "."] if status.again else []
    bar = funnel_bar(count, count if name == "ok" else 0, urls, f"{name}: {counted(count, 'URL')}")
    says = tag("span", f"{status.sentence[0].upper()}{status.sentence[1:]}.", *again, class_="says")
    return tag(
        "tr",
        tag("th", tag("code", name), says, scope="row"),
        tag("td", bar, class_="picture"),
        _amount("URLs", count, tag("small", share(count, urls))),
        _amount("rows", funnel["status_rows"][name]),
    )


def _amount(label: str, count: int, *more: Element) -> Element:
    """A count; the label shows if a narrow page hides the column heads."""
    return tag(
        "td", tag("span", label, class_="label", aria_hidden="true"), tag("b", f"{count:,}"), *more, class_="amount"
    )


def _hosts(funnel: Mapping[str, Any]) -> Iterator[Element]:
    """The hosts with most URLs without an image; no section if all came."""
    if funnel["hosts"]:
        rows = [(host, f"{failed:,} of {urls:,}, mostly {status}") for host, urls, failed, status in funnel["hosts"]]
        hosts = table(("Host", "URLs without an image"), [(shortened(name, 100), says) for name, says in rows])
        yield tag("section", tag("h2", "Hosts that failed most"), hosts, id="hosts")


def _footer(manifest: Mapping[str, Any]) -> Element:
    settings = sorted(flat(manifest["settings"], "fetch."))
    return tag("footer", fold("Settings of this fetch", table(("Setting", "Value"), settings)))
