"""Measures pairs without decoding a pixel: canonical text, image id, header, hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from filters.image_errors import ImageError, UndecodableImage
from filters.picture import Header, header
from pipeline.inputs import carried_columns
from pipeline.storage.plan import CARRIED
from vocab.buffers import one_array
from vocab.canonical import canonical_texts
from vocab.hashing import hash_strings

Column: TypeAlias = pa.Array | pa.ChunkedArray


def measure(batch: pa.Table, has_images: bool) -> pa.Table:
    """Returns the index columns of a batch, and its passthrough columns.

    With images, `width` and `height` are the batch's where it has both, else the header's; `image_width`,
    `image_height` and `format` are the header's.
    """
    text = canonical_texts(batch["text"])
    images = _measure_images(batch) if has_images else _url_only(batch)
    columns = {
        "key": batch["key"],
        "image_path": batch["image_path"],
        "url": batch["url"],
        "text": text,
        "text_hash": pa.array(hash_strings(text)),
        "image_hash": _hash(one_array(image_ids({"url": batch["url"], "image_path": batch["image_path"], **images}))),
        **images,
        "claimed": batch["sha256"].is_valid(),
        "offset": batch["offset"],
        "length": batch["length"],
    }
    return pa.table(columns | {CARRIED + name: column for name, column in carried_columns(batch).items()})


def image_ids(pairs: Mapping[str, Column]) -> Column:
    """Returns each pair's image identity: the sha256 of the bytes, else the URL, else the path, else null."""
    known = [pairs[name] for name in ("sha256", "url", "image_path") if pairs[name].null_count < len(pairs[name])]
    return pc.coalesce(*known) if known else pairs["url"]


def _url_only(batch: pa.Table) -> dict[str, pa.Array]:
    return {
        "sha256": batch["sha256"],
        "width": batch["width"],
        "height": batch["height"],
        "decodable": pa.nulls(len(batch), pa.bool_()),
        "image_error": pa.nulls(len(batch), pa.string()),
    }


def _measure_images(batch: pa.Table) -> dict[str, pa.Array]:
    digests, widths, heights = list[str | None](), list[int | None](), list[int | None]()
    formats, errors = list[str | None](), list[str | None]()
    for content, believed in zip(batch["image"], batch["sha256"].is_valid().to_pylist(), strict=True):
        data = content.as_py()
        digests.append(hashlib.sha256(data).hexdigest() if data and not believed else None)
        found, error = _header(data)
        widths.append(found.width if found else None)
        heights.append(found.height if found else None)
        formats.append(found.format if found else None)
        errors.append(error)
    width, height = pa.array(widths, pa.int64()), pa.array(heights, pa.int64())
    has_original = pc.and_(batch["width"].is_valid(), batch["height"].is_valid())
    return {
        "sha256": pc.coalesce(batch["sha256"], pa.array(digests, pa.string())),
        "width": pc.if_else(has_original, batch["width"], width),
        "height": pc.if_else(has_original, batch["height"], height),
        "image_width": width,
        "image_height": height,
        "format": pa.array(formats, pa.string()),
        "decodable": width.is_valid(),
        "image_error": pa.array(errors, pa.string()),
    }


def _header(data: bytes | None) -> tuple[Header | None, ImageError | None]:
    """Returns the header, or the error."""
    if data is None:
        return None, ImageError.MISSING
    try:
        return header(data), None
    except UndecodableImage as error:
        return None, error.error


def _hash(strings: pa.StringArray) -> pa.Array:
    """Hashes image ids (uint64); null stays null."""
    return pa.array(hash_strings(strings), mask=pc.is_null(strings).to_numpy(zero_copy_only=False))
