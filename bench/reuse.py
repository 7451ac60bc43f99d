"""CPU time of runs that reuse a finished one, as a share of the same run from scratch, porn scores included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.corpus import FOLDER, make_corpus, warm_up
from bench.figures import Figure
from bench.pictures import write_files, write_table

FILES = 10  # of the finished run, equally large; one more is added
FIRST_EVALUATION_IMAGE, EVALUATION_IMAGES = 10_000_000, 100
ADDED, CHANGED = 0.25, 0.15  # bars
THRESHOLD = "--filters.aspect_ratio.max_ratio=2"
RULE = '''
from dataclasses import dataclass

import pyarrow.compute as pc


@dataclass(frozen=True)
class Sevens:
    """Drops a text with a 7."""

    reason = "sevens"
    needs = ("text",)
    enabled: bool = True

    def drops(self, signals):
        return pc.match_substring(signals["text"], "7")
'''


def reuse(images: int) -> Iterator[Figure]:
    """Compares runs on `images` pictures, and on a tenth more, from scratch and with --reuse."""
    files, (one, other), rule = _inputs(images), _evaluation_sets(), _rule()
    ten, eleven = ",".join(map(str, files[:FILES])), ",".join(map(str, files))
    warm_up()
    scratch, kept = _cpu("scratch", ten, one), _cpu("kept", ten, one, "--keep_work")
    yield Figure(f"{images:,} pictures from scratch", scratch, "CPU s")
    yield Figure("the same with --keep_work", kept / scratch, "x")
    larger = _cpu("larger", eleven, one)
    yield Figure("a tenth more from scratch", larger, "CPU s")
    for run, said in (("kept", ""), ("scratch", ", without --keep_work")):
        again = f"--reuse={FOLDER / 'runs' / run}"
        yield Figure(f"a tenth more{said}", _cpu("again", eleven, one, again) / larger, "x", at_most=ADDED)
        yield Figure(f"one threshold{said}", _cpu("again", ten, one, again, THRESHOLD) / scratch, "x", at_most=CHANGED)
        yield Figure(f"a rule more{said}", _cpu("again", ten, one, again, rule) / scratch, "x")
        yield Figure(f"other evaluation sets{said}", _cpu("again", ten, other, again) / scratch, "x")


def _cpu(name: str, inputs: str, *options: str) -> float:
    return make_corpus(name, inputs, *options).cpu


def _inputs(images: int) -> list[Path]:
    size = images // FILES
    pictures = write_files(FOLDER / "pictures", size * (FILES + 1))
    files = [FOLDER / f"reuse-{images}" / f"{number:02d}.parquet" for number in range(FILES + 1)]
    for number, file in enumerate(files):
        if not file.exists():
            write_table(file, pictures[number * size : (number + 1) * size])
    return files


def _evaluation_sets() -> tuple[str, str]:
    """The options of two evaluation sets."""
    folders = [FOLDER / "reuse-evaluation" / name for name in ("one", "other")]
    for number, folder in enumerate(folders):
        write_files(folder, EVALUATION_IMAGES, FIRST_EVALUATION_IMAGE + number * EVALUATION_IMAGES)
    return f"--eval_images={folders[0]}", f"--eval_images={folders[1]}"


def _rule() -> str:
    """The option of a file with a rule."""
    file = FOLDER / "sevens.py"
    file.write_text(RULE)
    return f"--rules={file}"
