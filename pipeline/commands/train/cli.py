"""The commands of `python -m train`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.commands.command import Command, Tool

EPILOG = """
python -m train COMMAND --help shows its options. Every setting of a config's section `train` is an option too, such as
--train.batch=256 or --train.optimizer.learning_rate=1e-4; python -m pipeline settings train prints them all.
"""


def commands() -> Mapping[str, Command[Any]]:
    """The five, by their names."""
    from pipeline.commands.train.embed.options import EMBED
    from pipeline.commands.train.evaluate.options import EVALUATE
    from pipeline.commands.train.fit.options import FIT
    from pipeline.commands.train.search.options import SEARCH
    from pipeline.commands.train.transfer.options import TRANSFER

    return {"fit": FIT, "evaluate": EVALUATE, "transfer": TRANSFER, "embed": EMBED, "search": SEARCH}


TRAIN = Tool("train", "ALIGN's dual encoder: trained on records, measured, and used.", commands, epilog=EPILOG)
