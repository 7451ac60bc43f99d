"""Alt-texts for tests: real ones from the folder beside the checkout, if it is there, and made-up ones in any case."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import settings
from hypothesis import strategies as st

settings.register_profile("no clock", deadline=None)  # the first call of a kernel may compile it
settings.load_profile("no clock")

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "text"
REAL_TEXTS = sorted(FOLDER.glob("*.parquet"))

CODE_POINTS = [*range(0xD800), *range(0xE000, 0x110000)]  # all that UTF-8 has
AWKWARD = [
    *"ab yZ0.,&;#'\t\n\r\x00\x1c\x7f\x85\xa0 éßİŉǅſKÅΣςŐ中豈가각각하\u200b\u200d\u00ad\ufeff\ufffd\u2028\u3000%$€™½²٣ⅷ",
    *"\u0300\u0301\u0308\u0323\u0327\u0334\u0338\u0345\u034f\u0344\u05b0\u064b\u093c\u09bc\u09be\u09c7\u0bbe\u0e38\u0f73",
    *"\u302e\u302f\u1b44\ua953\u08d4\U0001d15e\U0001d160\U0001d165\U0001d16d\U0001e000\U0001e944\U0001e94a\U00011938",
    *"\U00020000\U0002f800\U0002fa1e\U000e0001\U000f0000\U0010ffff\ufe0f\U0001f600\u0378\u30fb\u2260\u1fef\u037e",
]
PIECES = st.sampled_from([*AWKWARD, "&amp;", "&nbsp;", "&#233;", "&#xD800;", "&lt", "&notit;", "& ", "a\u0301", "the "])
ANY_TEXT = st.one_of(st.text(), st.lists(PIECES).map("".join))


@cache
def lines(path: Path, every: int = 1) -> list[str]:
    """The texts of a table, without its nulls; of many rows every so many."""
    texts = pq.read_table(path, columns=["text"])["text"]
    return [text for text in texts[:: max(len(texts) // 20_000, 1) * every].to_pylist() if text is not None]
