"""The trainer: ALIGN's dual encoder, its measures, and what a trained model is used for. Start reading at `fit.py`.

What stands in `__all__` is public, and imported at its first use: TensorFlow with the towers, not with records.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from train.embedding import BadPicture, PictureBytes, PictureFile, embed_pictures, embed_texts
    from train.example import decode_example, encode_example, read_records, write_record
    from train.saved import load_towers
    from train.trained import Trained

__all__ = [
    "BadPicture",
    "PictureBytes",
    "PictureFile",
    "Trained",
    "decode_example",
    "embed_pictures",
    "embed_texts",
    "encode_example",
    "load_towers",
    "read_records",
    "write_record",
]

_EXAMPLE = ("decode_example", "encode_example", "read_records", "write_record")
_MODULES = {**dict.fromkeys(_EXAMPLE, "train.example"), "load_towers": "train.saved", "Trained": "train.trained"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "train.embedding")), name)
