"""The dual encoder: two towers and one temperature, learned together."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from train.config import Train
from train.towers import image_tower, text_tower


class Towers(keras.Model):  # type: ignore[misc]
    """Pictures and texts in one space."""

    def __init__(self, images: keras.Model, texts: keras.Model, name: str) -> None:
        super().__init__(name=name)
        self.images, self.texts = images, texts
        self.built = True

    def call(self, batch: dict[str, Any], training: bool = False) -> tuple[Any, Any]:
        """The embeddings of the pictures and of the texts of a batch, float (n, width) each, of any length."""
        return self.images(batch["pixels"], training=training), self.texts(batch["tokens"], training=training)


class DualEncoder(Towers):
    """Embeds the two of a pair near each other (arXiv 2102.05918, section 4)."""

    def __init__(self, settings: Train, vocabulary: int, synchronized: bool = False) -> None:
        images = image_tower(settings.image, synchronized, settings.pieces)
        super().__init__(images, text_tower(settings.text, vocabulary, images.output_shape[-1]), "dual_encoder")
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

    @property
    def temperature(self) -> Any:
        """The divisor of similarities, a scalar."""
        return ops.exp(self.raw_temperature) if self.log else ops.convert_to_tensor(self.raw_temperature)
