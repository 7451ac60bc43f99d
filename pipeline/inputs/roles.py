"""Roles of a table's columns: the column that settings name, else one of a known name."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

from pipeline.inputs import convert
from pipeline.inputs.errors import BadFile
from pipeline.inputs.settings import Aliases, Columns

_LISTED = 30  # columns listed in a message
_TYPE_LENGTH = 100  # characters of a column's type in a message
_SIZES = ("width", "height")


def find_roles(
    path: str,
    schema: pa.Schema,
    columns: Columns,
    aliases: Aliases,
    *,
    header: bool = True,
) -> dict[str, int]:
    """The index of each role's column: the one that `columns` names, else its first alias of a fitting type.

    Raises BadFile if `columns` names one that doesn't exist or fit.
    """
    found = {}
    for role, names in aliases.items():
        chosen = _chosen_names(schema, columns, role, header)
        if chosen:
            found[role], *_ = [_chosen(path, schema, role, name) for name in chosen]
        elif (number := first_alias(schema, role, names)) is not None:
            found[role] = number
    if not any(getattr(columns, role) for role in _SIZES):
        found |= _sizes(schema, aliases)
    return found


def more_texts(schema: pa.Schema, columns: Columns, *, header: bool = True) -> tuple[int, ...]:
    """Indices of the further text columns that `columns` names, in order."""
    return tuple(schema.names.index(name) for name in _chosen_names(schema, columns, "text", header)[1:])


def first_alias(schema: pa.Schema, role: str, names: tuple[str, ...]) -> int | None:
    """The index of the first column of a fitting type with one of these names: exact match first, then any case."""
    folded = [name.casefold() for name in schema.names]
    for there, wanted in ((schema.names, names), (folded, [name.casefold() for name in names])):
        for name in wanted:
            numbers = (number for number, other in enumerate(there) if other == name)
            fitting = next((number for number in numbers if _fits_alias(role, schema.field(number))), None)
            if fitting is not None:
                return fitting
    return None


def _chosen_names(schema: pa.Schema, columns: Columns, role: str, header: bool) -> tuple[str, ...]:
    """The names in settings; none if they are numbers, but the table has a header."""
    chosen = getattr(columns, role)
    if chosen is None:
        return ()
    is_one = role != "text" or chosen in schema.names
    names = (chosen,) if is_one else tuple(name.strip() for name in chosen.split(","))
    return () if header and all(name.isdigit() and name not in schema.names for name in names) else names


def _chosen(path: str, schema: pa.Schema, role: str, name: str) -> int:
    if name not in schema.names:
        raise BadFile(
            path,
            f"no column {name} (input.columns.{role}); the columns are {listed(schema)}",
        )
    number: int = schema.names.index(name)
    kind = schema.types[number]
    if not _fits(role, kind):
        inside = f"; choose a field inside it, such as input.columns.{role}={name}.NAME" * pt.is_struct(kind)
        raise BadFile(
            path,
            f"column {name} (input.columns.{role}) can't be used: it holds {_short(kind)}{inside}",
        )
    return number


def _sizes(schema: pa.Schema, aliases: Aliases) -> dict[str, int]:
    """Columns of width and height that belong together; none if each is without the other."""
    for names in zip(*(aliases[role] for role in _SIZES if role in aliases), strict=True):
        pair = {role: first_alias(schema, role, (name,)) for role, name in zip(_SIZES, names, strict=False)}
        if None not in pair.values():
            return {role: number for role, number in pair.items() if number is not None}
    return {}


def _fits_alias(role: str, field: pa.Field) -> bool:
    """Returns whether the type fits. An all-null column holds images only under the plainest name."""
    is_named = role != "image" or field.name == "image" or not pt.is_null(convert.value_type(field.type))
    return is_named and _fits(role, field.type)


def _fits(role: str, kind: pa.DataType) -> bool:
    kind = convert.value_type(kind)
    if pt.is_null(kind):
        return True
    if role == "image":
        return convert.is_bytes(kind) or convert.is_picture(kind)
    if role == "text" and convert.is_list(kind):
        kind = convert.value_type(kind.value_type)
    number = pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind)
    return bool(number) or convert.is_string(kind) or convert.is_bytes(kind)


def missing(what: str, names: tuple[str, ...], roles: tuple[str, ...], schema: pa.Schema) -> str:
    """A message about a table without any column of these names."""
    settings = ", ".join(f"input.columns.{role}" for role in roles)
    structs = [field.name for field in schema if pt.is_struct(field.type)]
    inside = f"; --input.columns.{roles[0]}={structs[0]}.NAME takes a field inside {structs[0]}" if structs else ""
    return f"no {what} ({', '.join(names)}; or choose with {settings}); the columns are {listed(schema)}{inside}"


def listed(schema: pa.Schema) -> str:
    """The names and types of the columns, for a message."""
    names = [f"{field.name} ({_short(field.type)})" for field in schema]
    return ", ".join(names[:_LISTED] + ["…"] * (len(names) > _LISTED)) or "none"


def _short(kind: pa.DataType) -> str:
    name = str(kind)
    return name if len(name) <= _TYPE_LENGTH else name[: _TYPE_LENGTH - 1] + "…"
