"""Beam's engine Prism, built once for a checkout, without what it needs for Google's cloud."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from apache_beam.version import __version__ as BEAM

from tests.support.command import ROOT

PRISM = ROOT / "out" / "engines" / f"prism-{BEAM}" / "prism"
MODULE = "github.com/apache/beam/sdks/v2"
STORAGE = "go/pkg/beam/io/filesystem/gcs/gcs.go"  # registers gs://, and is imported for that alone
HARNESS = "go/pkg/beam/core/runtime/harness/harness.go"  # runs workers in Go, and can send profiles to Google's cloud
PROFILER = """package profiler

type Config struct{ Service, ServiceVersion string }

func Start(Config) error { return nil }
"""
QUICK = ("-buildvcs=false", "-trimpath", "-gcflags=all=-N -l -dwarf=false", "-ldflags=-s -w")
"""No optimisations, for it has little to do; no path of the copy, so that Go's cache knows its parts the next time."""


def prism() -> Path:
    """The engine's program, built through the Go module proxy where the checkout doesn't have it yet."""
    PRISM.parent.mkdir(parents=True, exist_ok=True)
    with (PRISM.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the tests may be building it
        if not PRISM.exists():
            with TemporaryDirectory(dir=PRISM.parent) as folder:
                _build(Path(folder))
    return PRISM


def _build(folder: Path) -> None:
    """Builds half of the packages: 300 others serve Google's storage and profiler, and take as long as the engine."""
    _copy_sources(folder)
    (folder / STORAGE).write_text("package gcs\n")
    (folder / "go" / "profiler").mkdir()
    (folder / "go" / "profiler" / "profiler.go").write_text(PROFILER)
    harness = (folder / HARNESS).read_text()
    assert harness.count('"cloud.google.com/go/profiler"') == 1
    (folder / HARNESS).write_text(harness.replace("cloud.google.com/go/profiler", f"{MODULE}/go/profiler"))
    _go("build", *QUICK, "-o", "prism", "./go/cmd/prism", folder=folder)
    os.replace(folder / "prism", PRISM)


def _copy_sources(folder: Path) -> None:
    """Copies Beam's Go module, as files that can be written to, without its tests."""
    module = Path(json.loads(_go("mod", "download", "-json", f"{MODULE}@v{BEAM}", folder=folder))["Dir"])
    unused = shutil.ignore_patterns("*_test.go", "examples", "test", "testdata")
    shutil.copytree(module / "go", folder / "go", ignore=unused, copy_function=shutil.copyfile)
    for source in folder.rglob("*"):
        source.chmod(0o755 if source.is_dir() else 0o644)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(module / name, folder / name)


def _go(*words: str, folder: Path) -> str:
    environment = os.environ | {"CGO_ENABLED": "0", "GOGC": "400"}  # the compiler looks for garbage less often
    return subprocess.run(["go", *words], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE).stdout
