"""A network's first convolution over blocks of 2 x 2 pixels, in place of one over pixels with stride 2: the same sums.

Kernels for integers gather the channels of one pixel at a time. Of a pixel they are 3 bytes and of a block 12, which is
three times as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx

CHANNELS = 3
OVER_BLOCKS = {"strides": [1, 1], "kernel_shape": [4, 4], "pads": [2, 2, 1, 1]}  # attributes of the convolution


def in_blocks(content: bytes) -> bytes:
    """Returns an ONNX network, made by `quantise`, with another first layer: its input is what `blocks` gives.

    The layer is a convolution of 7 x 7 pixels with stride 2, padded by 3, and becomes one of 4 x 4 blocks.
    """
    import onnx

    model = onnx.load_from_string(content)
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    weights, zero = _weights(model, conv)
    weights.CopyFrom(onnx.numpy_helper.from_array(_over_blocks(weights, zero), weights.name))
    for attribute in conv.attribute:
        if attribute.name in OVER_BLOCKS:
            attribute.ints[:] = OVER_BLOCKS[attribute.name]
    rows, columns, channels = model.graph.input[0].type.tensor_type.shape.dim[1:]
    rows.dim_value, columns.dim_value, channels.dim_value = rows.dim_value // 2, columns.dim_value // 2, 4 * CHANNELS
    return bytes(model.SerializeToString())


def blocks(pixels: np.ndarray) -> np.ndarray:
    """The pixels of a picture by blocks: uint8 (height, width, 3) to (height / 2, width / 2, 12), its rows in turn."""
    height, width, _ = pixels.shape
    halves = pixels.reshape(-1).view(f"V{2 * CHANNELS}").reshape(height // 2, 2, width // 2)
    return np.ascontiguousarray(halves.transpose(0, 2, 1)).view(np.uint8).reshape(height // 2, width // 2, -1)


def _weights(model: onnx.ModelProto, conv: onnx.NodeProto) -> tuple[onnx.TensorProto, int]:
    """The levels of a convolution's weights, and the level of 0."""
    import onnx

    made = {node.output[0]: node for node in model.graph.node}
    constants = {each.name: each for each in model.graph.initializer}
    levels, _, zeros = made[conv.input[1]].input
    return constants[levels], int(onnx.numpy_helper.to_array(constants[zeros])[0])


def _over_blocks(weights: onnx.TensorProto, zero: int) -> np.ndarray:
    """Levels (outputs, 3, 7, 7) to (outputs, 12, 4, 4): a row and a column of zeros go before the first."""
    import onnx

    levels = onnx.numpy_helper.to_array(weights)
    outputs, channels, side, _ = levels.shape
    wide = np.full((outputs, channels, side + 1, side + 1), zero, levels.dtype)
    wide[:, :, 1:, 1:] = levels
    parts = wide.reshape(outputs, channels, (side + 1) // 2, 2, (side + 1) // 2, 2)
    return np.ascontiguousarray(parts.transpose(0, 3, 5, 1, 2, 4)).reshape(outputs, 4 * channels, 4, 4)
