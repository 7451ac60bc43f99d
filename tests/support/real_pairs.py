"""Real pairs of images and alt-texts, where they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from tests.support.command import ROOT

ALT_TEXTS = ROOT.parent / "shared" / "data" / "alt_text_sample" / "pairs.parquet"  # 4,659 pairs of 1,075 images
IMAGES = f"--input.image_folder={ALT_TEXTS.parent}"  # for a table elsewhere
EVERY = 3


def write_alt_texts(folder: Path) -> Path:
    """Writes the pairs of every third image, about 1,550, with paths of images and four passthrough columns."""
    table = pq.read_table(ALT_TEXTS)
    paths = table["image_path"].to_pylist()
    taken = {*[*dict.fromkeys(paths)][::EVERY]}
    pq.write_table(table.filter([path in taken for path in paths]), folder / ALT_TEXTS.name)
    return folder / ALT_TEXTS.name
