"""The settings of the trainer: the section `train` of a config.

The defaults are the paper's for its largest model (arXiv 2102.05918, sections 4 and 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from train.bounds import above, choose, not_under, share

TINY = "tiny"  # ours, in train/tiny.py
# Width and depth coefficients of EfficientNet; L2 is from Xie et al. 2020
IMAGE_TOWERS = {
    "b0": (1.0, 1.0),
    "b1": (1.0, 1.1),
    "b2": (1.1, 1.2),
    "b3": (1.2, 1.4),
    "b4": (1.4, 1.8),
    "b5": (1.6, 2.2),
    "b6": (1.8, 2.6),
    "b7": (2.0, 3.1),
    "l2": (4.3, 5.3),
}
# Layers and width of BERT (Devlin et al. 2019, Turc et al. 2019)
TEXT_TOWERS = {
    "tiny": (2, 128),
    "mini": (4, 256),
    "small": (4, 512),
    "medium": (8, 512),
    "base": (12, 768),
    "large": (24, 1024),
}
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
OPTIMIZERS = ("lamb", "adam", "sgd")
SCALES = ("linear", "log")
MAX_SEED = 2**32 - 1  # limit of numpy and Keras


@dataclass(frozen=True)
class ImageTower:
    """EfficientNet and its input in pixels: resized to a square of `resize`, then cropped to a square of `crop`.

    `width` is that of a linear layer over the pooled features; without it they are the embedding.
    """

    tower: Annotated[str, "EfficientNet: tiny, b0 to b7, or l2"] = "l2"
    width: Annotated[int | None, "width of a linear layer over the pooled features; null: no layer"] = None
    resize: Annotated[int, "side that an image is resized to", "pixels"] = 346
    crop: Annotated[int, "side of the part that is taken", "pixels"] = 289

    def __post_init__(self) -> None:
        choose("tower", self.tower, (TINY, *IMAGE_TOWERS))
        not_under(self, 32, "crop")  # EfficientNet halves its input five times
        if self.crop > self.resize:
            raise ValueError(f"crop: {self.crop} is over resize, {self.resize}")
        if self.width is not None:
            above(self, 0, "width")


@dataclass(frozen=True)
class TextTower:
    """BERT, whose [CLS] goes through a linear layer to the width of the image embedding; `length` is in tokens."""

    tower: Annotated[str, "BERT: tiny, mini, small, medium, base or large"] = "large"
    length: Annotated[int, "tokens of a text, [CLS] and [SEP] included", "tokens"] = 64
    dropout: Annotated[float, "share of activations that training sets to 0"] = 0.1

    def __post_init__(self) -> None:
        choose("tower", self.tower, TEXT_TOWERS)
        share("dropout", self.dropout)
        if not 3 <= self.length <= 512:
            raise ValueError(f"length: {self.length}; BERT takes 3 to 512 tokens")


@dataclass(frozen=True)
class Loss:
    """The normalised softmax: label smoothing, and the share of the other pairs of a batch that are negatives."""

    smoothing: Annotated[float, "label smoothing, a share"] = 0.1
    negatives: Annotated[float, "share of a batch's other pairs that are negatives"] = 1.0

    def __post_init__(self) -> None:
        share("smoothing", self.smoothing)
        if not 0 < self.negatives <= 1:
            raise ValueError(f"negatives: {self.negatives}; it is over 0, and 1 at most")


@dataclass(frozen=True)
class Queue:
    """BriVL's negatives, in place of the batch's: the keys of the last `size` pairs; 0 disables the queue.

    Copies of the towers make the keys; at each step the copies' weights keep the share `momentum` of their values.
    """

    size: Annotated[int, "earlier pairs that are negatives; 0: those of the batch", "pairs"] = 0
    momentum: Annotated[float, "share of their weights that the copies of the towers keep at each step"] = 0.99

    def __post_init__(self) -> None:
        not_under(self, 0, "size")
        share("momentum", self.momentum)


@dataclass(frozen=True)
class Temperature:
    """The divisor of similarities: its start, whether it is learned, and whether directly or as its logarithm.

    Under LAMB a scalar changes by a share of itself each step: it can't cross zero, and a logarithm would stay at the 0
    of a start at 1. Any other optimiser needs `log`.
    """

    start: Annotated[float, "first value"] = 1.0
    learned: Annotated[bool, "changes in training"] = True
    scale: Annotated[str, "linear, or log: the logarithm is learned"] = "linear"

    def __post_init__(self) -> None:
        above(self, 0, "start")
        choose("scale", self.scale, SCALES)


@dataclass(frozen=True)
class Optimizer:
    """The optimiser: the rate rises over `warmup_steps` and falls to 0 at the last step, both linearly."""

    name: Annotated[str, "lamb, adam or sgd"] = "lamb"
    learning_rate: Annotated[float, "highest rate, at the end of the warm-up"] = 1e-3
    warmup_steps: Annotated[int, "steps in which the rate rises from 0", "steps"] = 10_000
    weight_decay: Annotated[float, "decay of the weights"] = 1e-5

    def __post_init__(self) -> None:
        choose("name", self.name, OPTIMIZERS)
        above(self, 0, "learning_rate")
        not_under(self, 0, "warmup_steps", "weight_decay")


@dataclass(frozen=True)
class Data:
    """Batching of records: shards are taken in groups of `shards`, whose records go through a buffer of `shuffle`.
    `held_out` is the share of the pictures, by the hash of their ids, excluded from training.
    """

    shards: Annotated[int, "files of a group that is read in turns", "shards"] = 16
    shuffle: Annotated[int, "size of the shuffle buffer", "records"] = 10_000
    held_out: Annotated[float, "share of the images, by the hash of their ids, that is not trained on"] = 0.001

    def __post_init__(self) -> None:
        above(self, 0, "shards", "shuffle")
        share("held_out", self.held_out)


@dataclass(frozen=True)
class Evaluation:
    """Measuring retrieval: the most held-out pictures, the most captions for each, and the steps between two times."""

    pictures: Annotated[int, "most held-out images that retrieval is measured on", "images"] = 5_000
    captions: Annotated[int, "captions of each image", "captions"] = 5
    every: Annotated[int, "steps between two measurements on the way; 0: at the end alone", "steps"] = 0

    def __post_init__(self) -> None:
        not_under(self, 2, "pictures")
        above(self, 0, "captions")
        not_under(self, 0, "every")


@dataclass(frozen=True)
class Checkpoints:
    """Steps and minutes between checkpoints, whichever come first, and the number of checkpoints kept.

    There is one before each measurement too, and the best measured one is kept besides.
    """

    every: Annotated[int, "steps between two checkpoints", "steps"] = 1_000
    minutes: Annotated[float, "time after which there is one as well; 0: by steps alone", "minutes"] = 30.0
    keep: Annotated[int, "newest checkpoints that are kept", "checkpoints"] = 2

    def __post_init__(self) -> None:
        above(self, 0, "every", "keep")
        not_under(self, 0, "minutes")


@dataclass(frozen=True)
class Train:
    """Settings of one run of `python -m train fit`. `batch` is in pairs, over all devices.

    With `pieces` over 1 a device encodes its share of a batch in that many pieces, one after the other: the loss is
    still the whole batch's, for the memory of a piece and a second pass through the towers.
    """

    image: ImageTower = ImageTower()
    text: TextTower = TextTower()
    loss: Loss = Loss()
    queue: Queue = Queue()
    temperature: Temperature = Temperature()
    optimizer: Optimizer = Optimizer()
    data: Data = Data()
    evaluation: Evaluation = Evaluation()
    checkpoints: Checkpoints = Checkpoints()
    batch: Annotated[int, "pairs of a step, over all devices", "pairs"] = 16_384
    pieces: Annotated[int, "pieces of a device's share of a batch, encoded in turn to save memory", "pieces"] = 1
    steps: Annotated[int, "steps of the training", "steps"] = 1_200_000
    precision: Annotated[str, "float32, mixed_bfloat16 or mixed_float16"] = "float32"
    determinism: Annotated[bool | None, "deterministic operations; null: on, unless there is a GPU"] = None
    jit_compile: Annotated[bool, "the step is compiled by XLA; for one device"] = False
    log_every: Annotated[int, "steps between two rows of the log", "steps"] = 10
    seed: Annotated[int, "seed of weights, dropout and order"] = 0

    def __post_init__(self) -> None:
        choose("precision", self.precision, PRECISIONS)
        not_under(self, 2, "batch")
        above(self, 0, "pieces", "steps", "log_every")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"seed: {self.seed}; it is from 0 to {MAX_SEED}")
        if self.optimizer.warmup_steps >= self.steps:
            tenth = self.steps // 10
            raise ValueError(
                f"optimizer.warmup_steps: {self.optimizer.warmup_steps} leaves none of {self.steps} steps; "
                f"{tenth} leaves {self.steps - tenth}"
            )
        scale = "linear" if self.optimizer.name == "lamb" else "log"
        if self.temperature.learned and self.temperature.scale != scale:
            raise ValueError(f"temperature.scale: {self.temperature.scale}; with {self.optimizer.name} it is {scale}")
        if self.queue.size:
            self._check_queue()

    def _check_queue(self) -> None:
        if self.queue.size < self.batch:
            raise ValueError(f"queue.size: {self.queue.size}; it can't hold a batch, of {self.batch}")
        if self.loss.negatives < 1:
            raise ValueError(f"loss.negatives: {self.loss.negatives}; with a queue, all its keys are negatives: 1")
