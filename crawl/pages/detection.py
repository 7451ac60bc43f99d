"""The encoding of a page that declares none and isn't UTF-8: by its language, else by the letters that come out."""

from __future__ import annotations

import re

DETECTED = 1 << 16
"""The bytes at the start of a page that are tried."""

FALLBACK = "cp1252"
"""The encoding of pages that fit no other: that of Western Europe."""

_LANGUAGE = re.compile(rb"<html\b[^>]*?\slang\s*=\s*[\"']?([a-z]+(?:-[a-z]+)?)", re.I)
_OF_LANGUAGE = {  # the defaults of browsers by the HTML standard
    **dict.fromkeys(("ba", "be", "bg", "kk", "ky", "mk", "ru", "sah", "sr", "tg", "tt", "uk"), "cp1251"),
    **dict.fromkeys(("cs", "hr", "sk"), "cp1250"),
    **dict.fromkeys(("hu", "pl", "sl"), "iso8859-2"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    **dict.fromkeys(("ar", "fa"), "cp1256"),
    **dict.fromkeys(("ku", "tr"), "cp1254"),
    "el": "iso8859-7",
    "he": "cp1255",
    "th": "cp874",
    "vi": "cp1258",
}
_TAGS = re.compile(r"<[^>]*>")
_LETTERS = (  # codecs, and the letters that most of a text beyond ASCII has if the codec is right
    ("euc-jp", "[\u3041-\u30fe]"),
    ("cp932", "[\u3041-\u30fe]"),
    ("cp949", "[\uac00-\ud7a3]"),
    ("gb18030", "[的一是不了在人有我他这中大来上个国和时要们地以为图片]"),
    ("big5hkscs", "[的一是不了在人有我他這中大來上個國和時要們地以為圖片]"),
    ("cp1251", "[а-яё]{2,}"),  # a single letter between ASCII is one of the West's
    ("koi8-r", "[а-яё]{2,}"),
    ("cp1253", "[α-ωάέήίόύώ]{2,}"),
    ("cp1255", "[א-ת]{2,}"),
    ("cp1256", "[ابتثجحخدذرزسشصضطظعغفقكلمنهوي]{2,}"),
    ("cp874", "[ก-๙]{2,}"),
)
_VOWELS = {"cp1251": 0.3, "koi8-r": 0.3}  # least share of a, e, i, o, u: the letters of Hebrew are those of Russian
_LEAST = {"euc-jp": 0.3, "cp932": 0.3, "gb18030": 0.05, "big5hkscs": 0.05}
_MOSTLY = 0.7  # of other codecs


def detect(body: bytes) -> str:
    """Returns the codec of a page without a valid declaration, from its first DETECTED bytes."""
    start = body[:DETECTED]
    language = _LANGUAGE.search(start[:4096])
    known = _OF_LANGUAGE.get(language[1].decode().lower().partition("-")[0]) if language else None
    if known:
        return known
    shares = [(_share(start, codec, letters), codec) for codec, letters in _LETTERS]
    fitting = [(share, codec) for share, codec in shares if share >= _LEAST.get(codec, _MOSTLY)]
    return max(fitting, key=_relative)[1] if fitting else FALLBACK


def _relative(found: tuple[float, str]) -> float:
    share, codec = found
    return share / _LEAST.get(codec, _MOSTLY)


def _share(start: bytes, codec: str, letters: str) -> float:
    """The share of a codec's letters among the characters beyond ASCII; 0 if the bytes aren't valid in it."""
    try:
        text = start.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # not just the last character, cut off
            return 0.0
        text = start[: error.start].decode(codec)
    tags, end, rest = text.rpartition(">")  # a `<` without a `>` behind it would be looked for to the end, each anew
    text = _TAGS.sub("", tags + end) + rest
    others = sum(character > "\x7f" for character in text)
    found = "".join(re.findall(letters, text))
    if len(re.findall("[аеиоуыэюя]", found)) < _VOWELS.get(codec, 0) * len(found):
        return 0.0
    return len(found) / others if others else 0.0
