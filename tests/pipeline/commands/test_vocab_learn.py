"""Learning from many words has the memory of the process that workers are forked from; the pieces are the same."""

from __future__ import annotations

from unittest import mock

import pyarrow as pa
import pytest

from pipeline.commands.vocab import learn_pieces
from pipeline.config import Vocabulary
from pipeline.files import Output

WORDS = [f"{first}{second}{third}" for first in "abcde" for second in "aeiou" for third in "lmnrst"]


@pytest.mark.parametrize(("many", "ended"), [(len(WORDS), 0), (len(WORDS) - 1, 1)])
def test_the_server_of_workers_ends_before_many_words_are_learned_from(
    many: int, ended: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = pa.table({"language": ["en"] * len(WORDS), "word": WORDS, "count": range(1, len(WORDS) + 1)})
    monkeypatch.setattr(learn_pieces, "read_ranges", lambda _: iter([counts]))
    end = mock.Mock()
    monkeypatch.setattr(learn_pieces, "end_worker_server", end)
    monkeypatch.setattr(learn_pieces, "MANY_WORDS", many)
    pieces, numbers = learn_pieces.learn(Output("nowhere"), Vocabulary(size=60), 1)
    assert end.call_count == ended
    assert len(pieces) == 60 and numbers["distinct"] == len(WORDS)
