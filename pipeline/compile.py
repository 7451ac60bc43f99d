"""Compiles every kernel: `python -m pipeline.compile`, once after an installation. Otherwise, the first run does.

Numba keeps the machine code beside the source, or in the user's cache folder.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from pipeline.garbage import search_rarely
from pipeline.inputs.text import quoted_rows
from pipeline.inputs.text.dialect import WHOLE, Dialect
from train.resize import resized_part
from vocab import encode

ROWS = b'a,"b\n""c"\n"d" e,f\n'  # a value of two lines with quotes, and one whose first quote is a plain character


def compile_kernels() -> None:
    """Compiles what workers need, and what `pipeline.warm` leaves out: kernels of quotes, tokeniser and trainer."""
    import pipeline.warm  # noqa: F401

    encode.load_kernels()
    resized_part(Image.new("RGB", (2, 2)), 2, 0, 0, 2)
    dialect = Dialect(",", WHOLE, most_lines=2)
    dialect.cut(ROWS, 2, final=False)
    cut = dialect.cut(ROWS, 2, final=True)
    data = np.frombuffer(ROWS, np.uint8)
    quoted_rows.first_row_end(data, cut.breaks)
    quoted_rows.requoted(data, 0, cut.end, cut.plain)


if __name__ == "__main__":
    search_rarely()
    compile_kernels()
