"""`python -m pipeline.compile` leaves no kernel to the first run."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT

ROWS = ["url,image_id,text", 'http://a.org/1,1,"two\nlines of ""text"" here"', "http://b.org/2,2,a dog in the snow"]
CHILD = """
import gc, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from PIL import Image
from pipeline.compile import compile_kernels
from tests.support.two_runs import corpus

def compiled():
    kernels = [one for one in gc.get_objects() if isinstance(one, Dispatcher)]
    return {f"{one.py_func.__module__}.{one.py_func.__name__}{types}" for one in kernels for types in one.signatures}

compile_kernels()
before = compiled()
corpus(sys.argv[1], Path(sys.argv[2]), "--filters.rare_ngram.min_count=1")
from train.resize import resized_part
resized_part(Image.new("RGB", (9, 5)), 4, 1, 0, 3, mirrored=True)
print("\\n", sorted(compiled() - before), sep="")
"""


@pytest.mark.slow
def test_a_run_and_the_trainers_input_need_no_kernel_that_was_not_compiled(tmp_path: Path) -> None:
    crawl = tmp_path / "crawl.csv"
    crawl.write_text("\n".join(ROWS) + "\n")
    child = [sys.executable, "-c", CHILD, str(crawl), str(tmp_path / "out")]
    done = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert ast.literal_eval(done.stdout.splitlines()[-1]) == []
