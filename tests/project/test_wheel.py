"""The wheel that users install holds the packages, and nothing else, and runs from a read-only place."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.command import result
from tests.support.engines import copy_kernels
from tests.support.pythons import find_pythons, install, run_outside

pytestmark = pytest.mark.slow(seconds=260)

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("crawl", "dedup", "filters", "pipeline", "train", "vocab")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy, so that nothing is left in the checkout."""
    source, target = tmp_path_factory.mktemp("source") / "checkout", tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "out", "__pycache__", "*.egg-info", "build"))
    build = [sys.executable, "-m", "build", "--wheel", "--installer=uv", f"--outdir={target}", str(source)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = target.glob("align_corpus-*.whl")
    return zipfile.ZipFile(file)


def test_it_holds_exactly_the_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_it_holds_every_module(wheel: zipfile.ZipFile) -> None:
    modules = {str(file.relative_to(ROOT)) for name in PACKAGES for file in (ROOT / name).rglob("*.py")}
    assert {name for name in wheel.namelist() if name.endswith(".py")} == modules


def test_it_holds_the_data_that_modules_read(wheel: zipfile.ZipFile) -> None:
    kept = (".py", ".pyc", ".nbi", ".nbc")
    data = [file for name in PACKAGES for file in (ROOT / name).rglob("*.*") if file.is_file()]
    wanted = {str(file.relative_to(ROOT)) for file in data if file.suffix not in kept}
    assert wanted <= set(wheel.namelist())


def test_it_holds_the_licence(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()
    (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    lines = wheel.read(metadata).splitlines()
    assert b"License-Expression: Apache-2.0" in lines and b"License-File: LICENSE" in lines


KERNEL = """
import os, numpy
from vocab import lookup
table = lookup.SortedTable(numpy.arange(10, dtype=numpy.uint64))
print(table.contains(numpy.array([3, 12], numpy.uint64)).tolist(), lookup.__file__)
"""


def test_it_runs_where_nothing_can_be_written_but_temporary_files(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Installed by an administrator, for a user without a home."""
    site, home, temporary = (tmp_path / name for name in ("site", "home", "tmp"))
    for folder in (site, home, temporary):
        folder.mkdir()
    wheel.extractall(site)
    for folder in (home, *(path for path in site.rglob("*") if path.is_dir()), site):
        folder.chmod(0o555)
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": str(site)}
    words = [sys.executable, "-B", "-c", KERNEL]
    for _ in range(2):  # compiled, and then read
        done = subprocess.run(words, cwd="/", env=clean, preexec_fn=obey_modes, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, f"[True, False] {site}/vocab/lookup.py\n"), done.stderr
    (own,) = temporary.iterdir()
    assert stat.S_IMODE(own.stat().st_mode) == 0o700 and own.name == f"align-corpus-{os.geteuid()}"
    assert {file.name.partition(".")[0] for file in own.rglob("*.nbi")} == {"lookup"}


PYTHONS = find_pythons()
COMMANDS = ("pipeline", "pipeline.sample", "vocab", "dedup", "train")
# Not dependencies: of the trainer, of pages and fetch, of gs://, and of a script for developers.
EXTRAS = ("keras", "tensorflow", "ada_url", "fastwarc", "protego", "pycurl", "selectolax", "google", "tokenizers")
MODULES = f"""
import importlib, pkgutil
for package in {PACKAGES}:
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith(".__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                assert error.name.split(".")[0] in {EXTRAS}, error
"""


@pytest.fixture(scope="module", params=PYTHONS)
def installed(request: pytest.FixtureRequest, wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only the Python that runs this has kernels in the checkout; those of the others are compiled."""
    folder = tmp_path_factory.mktemp("environment") / request.param
    python = install(PYTHONS[request.param], Path(str(wheel.filename)), folder)
    copy_kernels(folder / "lib" / f"python{request.param}" / "site-packages")
    return python


def test_every_module_is_imported_by_every_python(installed: Path, tmp_path: Path) -> None:
    """Without kernels: to compile them takes half a minute, and the corpus below needs them anyway."""
    run_outside(installed, "-c", f"import os; os.environ['NUMBA_DISABLE_JIT'] = '1'\n{MODULES}", folder=tmp_path)


def test_every_command_has_help_under_every_python(installed: Path, tmp_path: Path) -> None:
    for command in COMMANDS:
        printed = run_outside(installed, "-m", command, "--help", folder=tmp_path)
        assert printed.startswith(f"usage: python -m {command} ")


@pytest.fixture(scope="module")
def corpora() -> dict[str, dict[str, str]]:
    """The first corpus of the toy sample, for those of the other Pythons."""
    return {}


def test_the_toy_corpus_has_the_same_bytes_under_every_python(
    installed: Path, corpora: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    run_outside(installed, "-m", "pipeline.sample", "--output=sample", "--pictures=30", folder=tmp_path)
    words = [f"--config={ROOT / 'configs' / 'toy.yaml'}", "--input=sample/crawl", "--eval_images=sample/eval"]
    run_outside(installed, "-m", "pipeline", *words, "--output=corpus", folder=tmp_path)
    corpus = result(tmp_path / "corpus")
    first = corpora.setdefault("files", corpus)
    assert corpus == first and any(name.endswith(".tfrecord") for name in corpus)


@pytest.fixture(scope="module")
def site(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages and `bin/align-corpus`."""
    folder = tmp_path_factory.mktemp("installed")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", f"--target={folder}"]
    done = subprocess.run([*words, str(wheel.filename)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def called(site: Path, folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command in a working directory that has modules with our names, which end the process."""
    for name in PACKAGES:
        (folder / f"{name}.py").write_text("raise SystemExit('a module of the user was imported')")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_the_console_script_imports_no_module_of_the_working_directory(site: Path, tmp_path: Path) -> None:
    """A run loads all packages before it looks for its inputs."""
    words = ("pipeline", "--config=toy", "--input=none.csv", "--output=out", "--workers=2")
    done = called(site, tmp_path, site / "bin" / "align-corpus", *words)
    assert (done.returncode, done.stderr) == (2, "pipeline: input: no file matches 'none.csv'\n")


INTERPRETER = """
import subprocess
from pipeline.engines.server import interpreter
subprocess.run([*interpreter(), "-c", "import filters, train, pipeline.engines.worker; print(filters.__file__)"])
"""


def test_neither_do_its_workers(site: Path, tmp_path: Path) -> None:
    done = called(site, tmp_path, sys.executable, "-P", "-c", INTERPRETER)
    assert done.stdout == f"{site}/filters/__init__.py\n", done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--help"], 0, "usage: align-corpus COMMAND"),
        (["dedup", "index", "--help"], 0, "usage: align-corpus dedup index"),
        (["sample", "--help"], 0, "usage: align-corpus sample"),
        (["pipeline", "settings", "vocab"], 0, "vocab.size=100000 pieces"),
        (["evaluate"], 2, "invalid choice: 'evaluate'"),
        ([], 2, "give a command: pipeline, vocab, dedup, train or sample"),
    ],
)
def test_the_console_script_has_every_command(
    site: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    done = called(site, tmp_path, site / "bin" / "align-corpus", *words)
    assert done.returncode == code and said in done.stdout + done.stderr


def test_configs_of_the_wheel_are_those_of_the_checkout(site: Path) -> None:
    files = {path.relative_to(ROOT / "configs"): path.read_bytes() for path in (ROOT / "configs").rglob("*.yaml")}
    folder = site / "pipeline" / "configs"
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.yaml")} == files


def obey_modes() -> None:
    """Root writes where the modes forbid it unless it has given up the right to."""
    drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop, override, 0, 0, 0)
