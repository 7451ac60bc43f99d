"""Encodings: labels and declarations as independent implementations read them, and texts of many languages."""

from __future__ import annotations

import codecs
import random

import pytest
from html5lib._inputstream import EncodingParser
from webencodings.labels import LABELS

from crawl.pages.declared import PRESCANNED, declared_codec
from crawl.pages.decoding import to_utf8
from crawl.pages.labels import REPLACEMENT, USER_DEFINED, codec_of

HTML = "text/html"
WORDS = {  # encodings that pages were written in, with a sentence each
    "cp1252": "Café à la crème, Grüße aus Österreich – schön",
    "cp1251": "Съешь ещё этих мягких французских булок, да выпей чаю",
    "koi8-r": "Съешь ещё этих мягких французских булок, да выпей чаю",
    "cp1253": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία και τα σύννεφα",
    "cp1255": "דג סקרן שט בים מאוכזב ולפתע מצא לו חברה",
    "cp1256": "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر",
    "cp874": "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน",
    "cp932": "いろはにほへと ちりぬるを わかよたれそ つねならむ 日本語の写真です",
    "euc-jp": "いろはにほへと ちりぬるを わかよたれそ つねならむ 日本語の写真です",
    "cp949": "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다",
    "gb18030": "我们在这里看到的是一个大图片,他不是中国人,有了这个就要来上学",
    "big5hkscs": "我們在這裡看到的是一個大圖片,他不是中國人,有了這個就要來上學",
}


def text(body: bytes, content_type: str = HTML) -> str:
    return to_utf8(body, content_type).decode()


def test_the_labels_of_the_standard() -> None:
    for label, name in LABELS.items():
        codec = codec_of(f" {label.upper()}\n")
        assert codec is not None
        if name not in ("replacement", "x-user-defined"):
            assert codecs.lookup(codec)
    assert {codec_of(label) for label, name in LABELS.items() if name == "windows-1252"} == {"cp1252"}
    assert {codec_of(label) for label, name in LABELS.items() if name == "replacement"} == {REPLACEMENT}
    assert codec_of("x-user-defined") == USER_DEFINED and codec_of("utf-9") is None and codec_of("") is None


PIECES = [
    "<meta", "<META ", " charset=", "'", '"', "utf-8", "latin1", "sjis", ">", "/>", "<!--", "-->", " ", "=",
    "<p title=",
    ' http-equiv="content-type"', ' content="text/html; charset=koi8-r"', " content=", "charset", ";", "<", "x", "</p>",
    "<!x>", "utf-16", "nonsense",
]  # fmt: skip


def test_declarations_as_html5lib_reads_them() -> None:
    rng, different = random.Random(5), 0
    for _ in range(3000):
        start = "".join(rng.choices(PIECES, k=rng.randint(2, 14))).encode()
        theirs = EncodingParser(start).getEncoding()
        expected = None if theirs is None else codec_of(theirs.name)
        expected = "utf-8" if expected and expected.startswith("utf-16") else expected
        different += declared_codec(start) != expected
    assert different <= 90  # unclosed tags and quotes within attributes


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"\xef\xbb\xbf<meta charset=latin1>\xc3\xa9", "text/html; charset=latin1", "é"),
        ("é".encode("utf-16"), "text/html; charset=utf-8", "é"),
        (b"\xfe\xff" + "é".encode("utf-16-be"), HTML, "é"),
        (b"<meta charset=utf-8>\xe9", "text/html; charset=ISO-8859-1", "é"),
        (b"<meta charset=utf-8>\xe9", 'text/html; charset="iso-8859-1"; x', "é"),
        (b"<meta charset=latin1>\xe9", "text/html; charset=unknown", "é"),
        (b"<meta charset=windows-1251>\xe9", HTML, "й"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>\xe9", HTML, "й"),
        (b"<!-- <meta charset=windows-1251> --><meta charset=latin1>\xe9", HTML, "é"),
        (b"<meta charset=utf-16>\xc3\xa9", HTML, "é"),
        (b"<meta charset=latin1>\x80\x81", HTML, "€\x81"),
        (b"<meta charset=utf-8>a\xffb", HTML, "a\ufffdb"),
        (b"\xc3\xa9", HTML, "é"),
        (b"\xe9", HTML, "é"),
        (b"\xe9", "text/html; charset=x-user-defined", "\uf7e9"),
        (b"<p>hello", "text/html; charset=iso-2022-kr", "\ufffd"),
        (b"", HTML, ""),
    ],
)
def test_the_order(body: bytes, content_type: str, expected: str) -> None:
    assert text(body, content_type).rpartition(">")[2] == expected


@pytest.mark.parametrize("filler", [PRESCANNED - 25, PRESCANNED])
def test_a_declaration_counts_at_the_start_alone(filler: int) -> None:
    body = b" " * filler + b"<meta charset=cp1251>" + b"\xe9"
    assert text(body)[-1] == ("й" if filler < PRESCANNED else "é")


@pytest.mark.parametrize("codec", WORDS)
def test_detection(codec: str) -> None:
    page = f"<html><title>x</title><p class='y'>{WORDS[codec]}</p><p>{WORDS[codec]}"
    assert text(page.encode(codec)) == page


@pytest.mark.parametrize(
    ("lang", "codec", "word"), [("pl", "iso8859-2", "zażółć"), ("tr-TR", "cp1254", "ığ"), ("cs", "cp1250", "žluť")]
)
def test_detection_by_language(lang: str, codec: str, word: str) -> None:
    page = f"<html class=x lang='{lang}'><p>{word}"
    assert text(page.encode(codec)) == page


def test_any_bytes_give_valid_text() -> None:
    rng = random.Random(3)
    for label in (*LABELS, "nothing"):
        for body in (rng.randbytes(500), bytes(range(256))):
            assert isinstance(text(body, f"text/html; charset={label}"), str)
