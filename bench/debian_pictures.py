"""Pictures for any machine with apt: photos, drawings and screenshots in Debian's packages, and their licences."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.apt import DEBIAN, update
from bench.measure import measure

PACKAGES = {  # on some pictures of these the quick porn model's quantisation, ranges and margin were chosen
    "gimp-help-en": "GFDL-1.2+",
    "gnome-backgrounds": "CC-BY-SA-3.0, CC-BY-SA-2.0, CC-BY-2.0",
    "lomiri-wallpapers-16.04": "CC-BY-4.0, CC-BY-SA-4.0, CC-BY-SA-3.0, CC0",
    "lomiri-wallpapers-20.04": "CC-BY-4.0, CC-BY-SA-4.0, CC-BY-SA-3.0, CC0",
    "lxqt-themes": "LGPL-2.1+, CC-BY-SA-3.0",
    "marble-data": "LGPL-2.1+, CC-BY-3.0, CC0",
    "mate-backgrounds": "GPL-2+, CC-BY-SA-4.0",
    "palapeli-data": "GPL-2+, GFDL-1.2+, CC0",
    "plasma-workspace-wallpapers": "GPL-2+",
    "pysiogame": "GPL-3+, CC-BY-3.0, public domain",
    "tuxpaint-stamps-default": "GPL-2",
    "ukui-wallpapers": "CC-BY-SA-3.0",
    "wesnoth-1.16-data": "GPL-2+",
}

UNSEEN = {  # these came when all of it was chosen
    "endless-sky-data": "CC-BY-SA-4.0, CC-BY-SA-3.0, CC-BY-4.0, GPL-3+, public domain",
    "freeorion-data": "CC-BY-SA-3.0, GPL-2, LGPL-2.1+",
    "hedgewars-data": "GPL-2, GFDL-1.3, CC-BY-SA-3.0",
    "naev-data": "GPL-3, CC-BY-3.0, CC-BY-SA-3.0, public domain",
    "opencv-doc": "BSD-3-Clause, Apache-2.0",
    "stellarium-data": "GPL-2+",
    "supertuxkart-data": "CC-BY-SA-3.0, CC-BY-SA-4.0, CC-BY-3.0, CC0, GPL-2, public domain",
}


def debian_packages(folder: Path, names: Iterable[str] = PACKAGES) -> dict[str, Path]:
    """The folder of each package's files, by the package's name; fetched and unpacked on first use.

    Raises CommandFailed if apt can't fetch them.
    """
    found = {name: folder / name for name in names}
    if missing := [name for name, path in found.items() if not path.exists()]:
        options = update(folder / "apt", f"deb {DEBIAN}")
        for name in missing:
            _unpack(name, found[name], options)
    return found


def _unpack(name: str, folder: Path, options: list[str]) -> None:
    fetched, partial = (folder.with_name(f"{name}.{part}") for part in ("fetched", "part"))
    fetched.mkdir(parents=True, exist_ok=True)
    measure("env", f"--chdir={fetched}", "apt-get", "download", *options, name)
    for package in fetched.glob("*.deb"):
        measure("dpkg-deb", "--extract", package, partial)
        package.unlink()
    fetched.rmdir()
    partial.rename(folder)
