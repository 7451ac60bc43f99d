"""The smallest image tower, for laptops: an EfficientNetV2 (Tan and Le 2021) of five blocks, ours.

On a CPU an EfficientNet's time goes into depthwise convolutions and the normalised, activated values of its first, wide
blocks, not into arithmetic. In the first four blocks here a full convolution takes the depthwise one's place, as in the
first stages of EfficientNetV2; no block has squeeze-and-excitation.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.src.applications.efficientnet_v2 import EfficientNetV2  # the public ones have fixed blocks

DEPTHWISE, FULL = 0, 1  # Keras' numbers
# Kind of convolution, channels in and out, expansion, stride
BLOCKS = (
    (FULL, 8, 16, 4, 2),
    (FULL, 16, 32, 4, 2),
    (FULL, 32, 64, 4, 2),
    (FULL, 64, 96, 1, 1),
    (DEPTHWISE, 96, 160, 6, 2),
)


def tiny(shape: tuple[int, int, int]) -> keras.Model:
    """The tower with its head, for pixels from 0 to 255 of this shape (side, side, 3): 0.28 M parameters before it."""
    blocks = [_block(*block) for block in BLOCKS]
    return EfficientNetV2(1, 1, shape[0], include_top=False, weights=None, input_shape=shape, blocks_args=blocks)


def _block(convolution: int, channels: int, made: int, expansion: int, stride: int) -> dict[str, Any]:
    return {
        "kernel_size": 3,
        "num_repeat": 1,
        "input_filters": channels,
        "output_filters": made,
        "expand_ratio": expansion,
        "se_ratio": 0,
        "strides": stride,
        "conv_type": convolution,
    }
