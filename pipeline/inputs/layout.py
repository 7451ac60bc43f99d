"""Which column of a table plays which role, and the table in the order and types of `FIELDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.types as pt

from pipeline.inputs import convert
from pipeline.inputs.errors import BadFile
from pipeline.inputs.reader import FIELDS, batch_name
from pipeline.inputs.settings import ALIASES, Aliases, Columns

OURS = frozenset(
    {"key", "source", "image_id", "image_path", "url", "text", "width", "height", "words", "texts_of_image"}
    | {"images_of_text", "rare_ngram", "eval_match", "eval_distance", "porn_score", "image_error", "reasons"}
)
"""The verdicts' own columns: a carried one of the same name gets a prefix."""

_PREFIX = "input_"
_LISTED = 30  # columns in a message


@dataclass(frozen=True)
class Layout:
    """The number of the column of each role that a table has; that of each carried one, by its name in the verdicts."""

    roles: Mapping[str, int]
    carried: Mapping[str, int]

    @property
    def has_images(self) -> bool:
        return "image" in self.roles or self.images_by_path

    @property
    def images_by_path(self) -> bool:
        return "image_path" in self.roles and "image" not in self.roles

    def without(self, *names: str) -> Layout:
        """The same without these carried columns."""
        return Layout(self.roles, {name: number for name, number in self.carried.items() if name not in names})

    def arrange(self, batch: pa.RecordBatch) -> pa.Table:
        """The columns of a batch of the table as `FIELDS` and the carried ones."""
        fields = [self._field(batch, field) for field in FIELDS]
        carried = [convert.carried(batch.column(number)) for number in self.carried.values()]
        return pa.Table.from_arrays(fields + carried, names=FIELDS.names + [batch_name(name) for name in self.carried])

    def _field(self, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
        number = self.roles.get(field.name)
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
) -> Layout:
    """The layout of a table with `schema`.

    `header` says whether the names are the file's own. With `text_only` only the text is asked for.
    Raises BadFile where the text, or every place of the image, is missing.
    """
    roles = find_roles(path, schema, columns, ALIASES, header=header)
    if "text" not in roles:
        raise BadFile(path, _missing("text column", ("text",), schema))
    if not text_only and not roles.keys() & {"image", "image_path", "url"}:
        raise BadFile(
            path,
            _missing(
                "column with images, their paths or URLs",
                ("image", "image_path", "url"),
                schema,
            ),
        )
    return make_layout(schema, roles, has_images="image" in roles or "image_path" in roles)


def make_layout(schema: pa.Schema, roles: dict[str, int], *, has_images: bool) -> Layout:
    """The layout with these roles: sizes are the input's only where there are no images; the rest is carried."""
    if has_images:
        roles = {role: number for role, number in roles.items() if role not in ("width", "height")}
    return Layout(roles, _carried(schema, set(roles.values())))


def find_roles(
    path: str,
    schema: pa.Schema,
    columns: Columns,
    aliases: Aliases,
    *,
    header: bool = True,
) -> dict[str, int]:
    """The number of the column of each role: the one that `columns` names, else its first alias of a fitting type."""
    found = {}
    for role, names in aliases.items():
        chosen = getattr(columns, role)
        if chosen is not None and (header is False or not chosen.isdigit() or chosen in schema.names):
            found[role] = _chosen(path, schema, role, chosen)
        elif (number := _first(schema, role, names)) is not None:
            found[role] = number
    return found


def _chosen(path: str, schema: pa.Schema, role: str, name: str) -> int:
    if name not in schema.names:
        raise BadFile(
            path,
            f"no column {name} (input.columns.{role}); the columns are {listed(schema)}",
        )
    number = schema.names.index(name)
    if not _fits(role, schema.types[number]):
        raise BadFile(
            path,
            f"column {name} (input.columns.{role}) can't be used: it holds {schema.types[number]}",
        )
    return number


def _first(schema: pa.Schema, role: str, names: tuple[str, ...]) -> int | None:
    numbers = (schema.names.index(name) for name in names if name in schema.names)
    return next((number for number in numbers if _fits(role, schema.types[number])), None)


def _fits(role: str, kind: pa.DataType) -> bool:
    kind = convert.value_type(kind)
    if pt.is_null(kind):
        return True
    if role == "image":
        return convert.is_bytes(kind) or convert.is_picture(kind)
    number = pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind)
    return bool(number) or convert.is_string(kind) or convert.is_bytes(kind)


def _carried(schema: pa.Schema, used: set[int]) -> dict[str, int]:
    """Every other column but images, by its name in the verdicts."""
    carried: dict[str, int] = {}
    for number, field in enumerate(schema):
        if number not in used and not _is_image(field):
            carried[_free_name(field.name or str(number), carried)] = number
    return carried


def _is_image(field: pa.Field) -> bool:
    kind = convert.value_type(field.type)
    return convert.is_picture(kind) or (field.name in ALIASES["image"] and convert.is_bytes(kind))


def _free_name(name: str, taken: Mapping[str, int]) -> str:
    while name in OURS or name in taken:
        name = _PREFIX + name
    return name


def _missing(what: str, roles: tuple[str, ...], schema: pa.Schema) -> str:
    names = ", ".join(name for role in roles for name in ALIASES[role])
    settings = ", ".join(f"input.columns.{role}" for role in roles)
    return f"no {what} ({names}; or choose with {settings}); the columns are {listed(schema)}"


def listed(schema: pa.Schema) -> str:
    """The names and types of the columns, for a message."""
    names = [f"{field.name} ({field.type})" for field in schema]
    return ", ".join(names[:_LISTED] + ["…"] * (len(names) > _LISTED)) or "none"


_CONVERT: Mapping[str, Callable[[pa.Array], pa.Array]] = {
    "key": convert.string,
    "text": convert.binary,
    "url": convert.string,
    "image_path": convert.string,
    "sha256": convert.sha256,
    "width": convert.size,
    "height": convert.size,
    "image": convert.image_bytes,
    "offset": lambda column: column,
    "length": lambda column: column,
}
