"""The dual encoder: two towers and one temperature, learned together."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from train.config import Train
from train.towers import image_tower, text_tower


class DualEncoder(keras.Model):  # type: ignore[misc]
    """Pictures and texts in one space, where the two of a pair are near each other (arXiv 2102.05918, section 4)."""

    def __init__(self, settings: Train, vocabulary: int, synchronized: bool = False) -> None:
        super().__init__(name="dual_encoder")
        self.images = image_tower(settings.image, synchronized)
        self.texts = text_tower(settings.text, vocabulary, self.images.output_shape[-1])
        self.log = settings.temperature.scale == "log"
        start = keras.initializers.Constant(settings.temperature.start)
        self.raw_temperature = self.add_weight(
            shape=(),
            initializer=(lambda shape, dtype: ops.log(start(shape, dtype))) if self.log else start,
            trainable=settings.temperature.learned,
            dtype="float32",
            autocast=False,
            name="temperature",
        )
        self.built = True

    @property
    def temperature(self) -> Any:
        """What similarities are divided by, a scalar."""
        return ops.exp(self.raw_temperature) if self.log else ops.convert_to_tensor(self.raw_temperature)

    def call(self, batch: dict[str, Any], training: bool = False) -> tuple[Any, Any]:
        """The embeddings of the pictures and of the texts of a batch, float (n, width) each, of any length."""
        return self.images(batch["pixels"], training=training), self.texts(batch["tokens"], training=training)
