"""Public packages of drawings, emoji and their names: fetched at first use by apt and npm, which verify them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.apt import DEBIAN as ARCHIVE
from bench.apt import update
from bench.measure import measure

DEBIAN, NPM = "Debian", "npm"


@dataclass(frozen=True)
class Package:
    """A package of a registry; without a version, the registry's newest."""

    name: str
    registry: str
    version: str
    licence: str
    holds: str

    @property
    def folder(self) -> str:
        """The name of its folder among the packages."""
        return self.name.replace("@", "").replace("/", "-")


OPENCLIPART = Package(
    "openclipart-svg", DEBIAN, "1:0.18+dfsg-19", "public domain", "8,121 drawings with titles and keywords"
)
OPENMOJI = Package("openmoji", NPM, "17.0.0", "CC BY-SA 4.0", "emoji in two styles, colour and black")
TWEMOJI = Package("@twemoji/svg", NPM, "15.0.0", "CC BY 4.0 (the package says MIT)", "emoji in one style")
FLUENT = Package("fluentui-emoji", NPM, "1.3.0", "MIT", "emoji in two styles, modern and flat")
EMOJIBASE = Package("emojibase-data", NPM, "17.0.0", "MIT; names of Unicode's CLDR", "names and keywords of emoji")
PACKAGES = (OPENCLIPART, OPENMOJI, TWEMOJI, FLUENT, EMOJIBASE)


def unpacked(package: Package, folder: Path) -> Path:
    """The folder of the package's files below `folder`, fetched at first use. Raises CommandFailed."""
    place = folder / package.folder
    if not place.exists():
        partial = folder / f"{package.folder}.part"
        partial.mkdir(parents=True, exist_ok=True)
        (_from_debian if package.registry == DEBIAN else _from_npm)(package, partial)
        partial.rename(place)
    return place


def _from_debian(package: Package, folder: Path) -> None:
    for file in downloaded([f"{package.name}={package.version}"], folder):
        measure("dpkg-deb", "-x", file, folder)
        file.unlink()


def downloaded(names: list[str], folder: Path) -> list[Path]:
    """Debian's packages `names` as files in `folder`, by lists of packages of our own. Raises CommandFailed."""
    settings = update(folder.parent / "apt", f"deb {ARCHIVE}")
    measure("env", f"--chdir={folder}", "apt-get", "download", *settings, *names)  # into the working directory
    return sorted(folder.glob("*.deb"))


def _from_npm(package: Package, folder: Path) -> None:
    measure("npm", "pack", "--silent", f"--pack-destination={folder}", f"{package.name}@{package.version}")
    for file in folder.glob("*.tgz"):
        measure("tar", "--extract", f"--file={file}", f"--directory={folder}", "--strip-components=1")
        file.unlink()


def licences() -> str:
    """A Markdown table of the packages."""
    rows = (f"| `{each.name}` {each.version} | {each.registry} | {each.holds} | {each.licence} |" for each in PACKAGES)
    return "\n".join(["| package | from | holds | licence |", "|---|---|---|---|", *rows])
