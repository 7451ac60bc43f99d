"""The columns of a table by role, and the table in the order and types of `FIELDS`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from filters.signals import SHOWN
from pipeline.inputs import convert
from pipeline.inputs.captions import first_captions, with_lists
from pipeline.inputs.errors import BadFile
from pipeline.inputs.img2dataset import has_status
from pipeline.inputs.json_files.json_text import NESTING
from pipeline.inputs.reader import FIELDS, batch_name
from pipeline.inputs.roles import find_roles, first_alias, missing, more_texts
from pipeline.inputs.settings import ALIASES, PATH_ALIASES, Columns
from pipeline.inputs.sizes import SIZES, aliases, without_copies

PREFIX = "input_"
_IMAGES = ("image", "image_path", "url")


@dataclass(frozen=True)
class Layout:
    """Maps each role, and each passthrough column's output name, to its column index in the table."""

    roles: Mapping[str, int]
    carried: Mapping[str, int]
    more_texts: tuple[int, ...] = ()  # columns that hold the text if the one of that role is empty
    folder: tuple[str, str] | None = None  # prefix and suffix of a key in its image's path

    @property
    def has_images(self) -> bool:
        return "image" in self.roles or self.images_by_path

    @property
    def images_by_path(self) -> bool:
        return ("image_path" in self.roles or self.folder is not None) and "image" not in self.roles

    @property
    def has_status(self) -> bool:
        """Returns whether rows may be failed downloads."""
        return has_status(self.carried)

    @property
    def texts(self) -> tuple[int, ...]:
        """Text columns in the order in which they are tried."""
        return (self.roles["text"], *self.more_texts) if "text" in self.roles else ()

    @property
    def numbers(self) -> list[int]:
        """All columns in use, each once."""
        return list(dict.fromkeys([*self.roles.values(), *self.more_texts, *self.carried.values()]))

    def renumbered(self, numbers: list[int]) -> Layout:
        """The layout for a table of the columns `numbers` alone, in this order."""
        place = {number: place for place, number in enumerate(numbers)}
        roles = {role: place[number] for role, number in self.roles.items() if number in place}
        carried = {name: place[number] for name, number in self.carried.items()}
        more_texts = tuple(place[number] for number in self.more_texts)
        return replace(self, roles=roles, carried=carried, more_texts=more_texts)

    def without(self, *names: str) -> Layout:
        """Removes these passthrough columns."""
        return replace(self, carried={name: number for name, number in self.carried.items() if name not in names})

    def arrange(self, batch: pa.RecordBatch) -> pa.Table:
        """Arranges a batch of the table as `FIELDS`, passthrough columns, and lists of captions if there are any."""
        text, lists = first_captions([batch.column(number) for number in self.texts]) if self.texts else (None, None)
        fields = [self._field(batch, field) if field.name != "text" or text is None else text for field in FIELDS]
        carried = [convert.carried(batch.column(number)) for number in self.carried.values()]
        names = FIELDS.names + [batch_name(name) for name in self.carried]
        table = pa.Table.from_arrays(fields + carried, names=names)
        return table if lists is None else with_lists(table, lists)

    def _field(self, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
        number = self.roles.get(field.name)
        if field.name == "image_path" and self.folder is not None:
            before, behind = self.folder
            return pc.binary_join_element_wise(before, convert.string(batch.column(self.roles["key"])), behind, "")
        if number is None:
            return convert.nulls(field.type, batch.num_rows)
        return _CONVERT[field.name](batch.column(number))


def layout(
    path: str,
    schema: pa.Schema,
    columns: Columns,
    *,
    header: bool = True,
    text_only: bool = False,
    has_files: Callable[[int], bool] = lambda number: False,
    folder: tuple[str, str] | None = None,
    original_size: bool = True,
    left_out: Collection[str] = (),
) -> Layout:
    """Makes the layout of a table with `schema`; for `folder` see `Layout`, for `left_out` `make_layout`.

    `header` tells whether the names come from the file, and `has_files` whether a column holds paths of files. With
    `text_only` only the text is needed. Raises BadFile if the text, or every source of the image, is missing.
    """
    roles = find_roles(path, schema, columns, aliases(ALIASES, original_size), header=header)
    if "text" not in roles:
        raise BadFile(path, missing("text column", ALIASES["text"], ("text",), schema))
    if not text_only and folder is None:
        _find_paths(schema, roles, has_files)
        if not roles.keys() & set(_IMAGES):
            names = (*ALIASES["image"], *ALIASES["image_path"], *PATH_ALIASES, *ALIASES["url"])
            raise BadFile(path, missing("column with images, their paths or URLs", names, _IMAGES, schema))
    texts = more_texts(schema, columns, header=header)
    if has_images := bool(folder or roles.keys() & {"image", "image_path"}):
        roles = without_copies(schema, roles, columns, original_size)
    made = make_layout(schema, roles, has_images=has_images, more_texts=texts, left_out=left_out)
    made = replace(made, folder=folder)
    _check_depth(path, schema, made.carried)
    return made


def _find_paths(schema: pa.Schema, roles: dict[str, int], has_files: Callable[[int], bool]) -> None:
    """Takes a column of PATH_ALIASES for paths of images if there are such files, or no URLs."""
    number = None if roles.keys() & {"image", "image_path"} else first_alias(schema, "image_path", PATH_ALIASES)
    if number is not None and ("url" not in roles or has_files(number)):
        roles["image_path"] = number


def _check_depth(path: str, schema: pa.Schema, carried: Mapping[str, int]) -> None:
    """Raises BadFile for a column nested deeper than JSON may be: a row is the first level."""
    for number in carried.values():
        field = schema.field(number)
        if convert.depth(field.type) >= NESTING:
            raise BadFile(path, f"column {field.name} is nested more than {NESTING - 1} deep")


def make_layout(
    schema: pa.Schema,
    roles: dict[str, int],
    *,
    has_images: bool,
    more_texts: tuple[int, ...] = (),
    left_out: Collection[str] = (),
) -> Layout:
    """A layout with these roles; other columns pass through, and so do their sizes if there are images.

    Columns named in `left_out` have a role or are ignored.
    """
    used = {*more_texts, *(number for role, number in roles.items() if not has_images or role not in SIZES)}
    used |= {number for number, name in enumerate(schema.names) if name in left_out}
    if "image" in roles:
        used |= _parents(schema, schema.names[roles["image"]])
    return Layout(roles, _carried(schema, used), more_texts)


def _parents(schema: pa.Schema, name: str) -> set[int]:
    """Finds the column that contains a nested field."""
    return {number for number, parent in enumerate(schema.names) if parent and name.startswith(parent + ".")}


def _carried(schema: pa.Schema, used: set[int]) -> dict[str, int]:
    """All other columns but images, by output name."""
    carried: dict[str, int] = {}
    for number, field in enumerate(schema):
        if number not in used and not _is_image(field):
            carried[free_name(field.name or str(number), carried)] = number
    return carried


def _is_image(field: pa.Field) -> bool:
    kind = convert.value_type(field.type)
    return convert.is_picture(kind) or (field.name.casefold() in ALIASES["image"] and convert.is_bytes(kind))


def free_name(name: str, taken: Collection[str]) -> str:
    """The output name of a passthrough column: prefixed while it is a signal's or taken."""
    while name in SHOWN or name in taken:
        name = PREFIX + name
    return name


_CONVERT: Mapping[str, Callable[[pa.Array], pa.Array]] = {
    "key": convert.string,
    "url": convert.string,
    "image_path": convert.string,
    "sha256": convert.sha256,
    "width": convert.size,
    "height": convert.size,
    "image": convert.image_bytes,
    "offset": lambda column: column,
    "length": lambda column: column,
}
