"""Names of classes, read from the files in which they are published, for the folders of their pictures."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from train.sets.files import BadSet, read_json, read_lines

SHOWN = 5
_WORDNET = re.compile(r"n\d{8}\Z")


def class_names(folders: Sequence[str], file: str = "", subset: bool = False) -> tuple[str, ...]:
    """The name of the class in each folder; without a file, the folder's name with spaces for underscores.

    `file` has one of these forms; the first of several names with commas between them is taken:
      * JSON {"n01440764": "tench"}, or ImageNet's class index {"0": ["n01440764", "tench"]};
      * lines such as `n01440764 tench, Tinca tinca` (LOC_synset_mapping.txt), or with a tab;
      * one name per line, in the order of the folders.
    Folders that are numbers (ImageNet-V2) number the classes. In a `subset` (ImageNet-R) only some classes have a
    folder. Raises BadSet, NotThere.
    """
    if not file:
        return tuple(folder.replace("_", " ") for folder in folders)
    names = _by_folder(file, folders)
    _check(file, names, folders, subset)
    return tuple(_first_name(names[folder]) for folder in folders)


def shown(names: Collection[str]) -> str:
    """The first few names."""
    return ", ".join(list(names)[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _check(file: str, names: Mapping[str, str], folders: Sequence[str], subset: bool) -> None:
    nameless = [folder for folder in folders if folder not in names]
    if nameless:
        raise BadSet(f"{file}: no name for {len(nameless):,} of {len(folders):,} class folders: {shown(nameless)}")
    without = [_first_name(names[folder]) for folder in sorted(set(names) - set(folders))]
    if without and not subset:
        raise BadSet(
            f"{file}: {len(without):,} of {len(names):,} names are of no class folder: {shown(without)}; "
            "`subset: true` measures among the classes that have one"
        )


def _by_folder(file: str, folders: Sequence[str]) -> dict[str, str]:
    if file.endswith(".json"):
        return _numbered(_of_json(file), folders)
    lines = [line for line in read_lines(file) if line]
    names = _names_of_pairs(lines, folders)
    return _in_order(file, lines, folders) if names is None else _numbered(names, folders)


def _numbered(names: dict[str, str], folders: Sequence[str]) -> dict[str, str]:
    """Renames folders that are numbers, if the names belong to other folders: in the order of those."""
    if not _are_numbers(folders) or _are_numbers(names):
        return names
    return dict(zip(_numbers(len(names)), (names[folder] for folder in sorted(names)), strict=True))


def _names_of_pairs(lines: Sequence[str], folders: Sequence[str]) -> dict[str, str] | None:
    """Names by folder, from lines of a folder and its name; None if lines are names of a word or more."""
    pairs = [line.split(maxsplit=1) for line in lines]
    if not all(len(pair) == 2 for pair in pairs):
        return None
    names = {folder: name for folder, name in pairs}
    tabs, wordnet = all("\t" in line for line in lines), all(map(_WORDNET.match, names))
    return names if tabs or wordnet or set(folders) <= set(names) else None


def _in_order(file: str, lines: Sequence[str], folders: Sequence[str]) -> dict[str, str]:
    if _are_numbers(folders):
        return dict(zip(_numbers(len(lines)), lines, strict=True))
    if len(lines) != len(folders):
        raise BadSet(f"{file}: {len(lines):,} names, a line each, for {len(folders):,} class folders")
    return dict(zip(folders, lines, strict=True))


def _of_json(file: str) -> dict[str, str]:
    content = read_json(file)
    if not isinstance(content, dict):
        raise BadSet(f"{file}: no object of folders and names")
    return dict(_of_entry(file, key, value) for key, value in content.items())


def _of_entry(file: str, key: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return key, value
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return value[0], value[1].replace("_", " ")
    raise BadSet(f"{file}: {key}: {value!r} is neither a name nor a folder and its name")


def _first_name(names: str) -> str:
    return names.split(",")[0].strip()


def _are_numbers(names: Iterable[str]) -> bool:
    return all(name.isdecimal() for name in names)


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]
