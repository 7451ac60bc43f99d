"""A convolutional network in floats to one in 8-bit integers, which a CPU runs 2 to 3 times as fast.

Activations are uint8 with a scale and a zero point from their range; weights have 8 bits and a scale for each output
channel (Jacob et al. 2018, section 2). Every operation is on single elements, so that the bytes of the result are the
same on every machine. onnxruntime fuses the pairs of QuantizeLinear and DequantizeLinear into integer kernels.

Weights are int8 or uint8, of the same values. On a CPU with VNNI the kernels for int8 are twice as fast; without it
they add two products in 16 bits, and overflow. Those for uint8 are exact everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

Range = tuple[float, float]

LEVELS = 255  # of an activation, besides the lowest
WEIGHT_LEVELS = 127  # on each side of zero
MOST_SUM = 1 << 30  # of a bias in steps: half of what int32 holds
UNSIGNED_ZERO = 128  # the level of a weight of 0 in uint8
OPSET, IR_VERSION = 13, 8  # the first with scales by channel
INPUT = "input"


@dataclass(frozen=True)
class Scale:
    """The value of an activation is `step * (level - zero)`."""

    step: np.float32
    zero: np.uint8

    @staticmethod
    def of(low: float, high: float) -> Scale:
        """The scale of a range, which is widened to have 0 in it: 0 is exact, so that padding adds nothing."""
        low, high = min(low, 0.0), max(high, 0.0)
        step = np.float32((high - low) / LEVELS)
        return Scale(step, np.uint8(np.rint(-low / step)))

    def levels(self, values: np.ndarray) -> np.ndarray:
        """The levels nearest to these values, uint8; values out of the range have the first or the last."""
        return np.clip(np.rint(values / self.step) + self.zero, 0, LEVELS).astype(np.uint8)


def activations(model: onnx.ModelProto) -> list[str]:
    """The tensors that become integers, in the order of the graph: what ReLUs give, and convolutions before a sum."""
    summed = {name for node in model.graph.node if node.op_type == "Add" for name in node.input}
    return [
        node.output[0]
        for node in model.graph.node
        if node.op_type == "Relu" or (node.op_type == "Conv" and node.output[0] in summed)
    ]


def quantise(model: onnx.ModelProto, ranges: Mapping[str, Range], source: Scale, *, signed: bool) -> bytes:
    """Returns the network in integers, as an ONNX file, with weights of int8 (`signed`) or uint8.

    Its input has `source` as its scale: uint8, of the shape that the input of `model` has. `ranges` are those of
    `activations(model)`. What follows the last of them stays in floats.
    """
    import onnx
    from onnx import helper

    graph = _Graph(model, signed)
    graph.read_input(source)
    for node in model.graph.node:
        graph.add(node, ranges)
    made = helper.make_graph(
        graph.nodes,
        "quantised",
        [helper.make_tensor_value_info(INPUT, onnx.TensorProto.UINT8, _shape(model.graph.input[0]))],
        model.graph.output,
        initializer=[onnx.numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
    )
    opset = helper.make_opsetid("", OPSET)
    content: bytes = helper.make_model(made, opset_imports=[opset], ir_version=IR_VERSION).SerializeToString()
    return content


def _shape(value: onnx.ValueInfoProto) -> list[int | str]:
    return [side.dim_value or side.dim_param for side in value.type.tensor_type.shape.dim]


@dataclass
class _Graph:
    """The nodes and constants of the network in integers, as far as it is made."""

    model: onnx.ModelProto
    signed: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    scales: dict[str, Scale] = field(default_factory=dict)  # of the tensors that are integers
    floats: dict[str, np.ndarray] = field(init=False)  # the constants of `model`

    def __post_init__(self) -> None:
        from onnx import numpy_helper

        self.floats = {each.name: numpy_helper.to_array(each) for each in self.model.graph.initializer}

    def read_input(self, source: Scale) -> None:
        """Makes floats of the input, under the name that the nodes of `model` know."""
        name = self.model.graph.input[0].name
        self._store(INPUT, source.step, source.zero)
        self._node("DequantizeLinear", [INPUT, *_parameters(INPUT)], _from_levels(name))
        self.scales[name] = source

    def add(self, node: onnx.NodeProto, ranges: Mapping[str, Range]) -> None:
        """Adds a node of `model`, with weights and result as integers where they become such."""
        made, output = type(node)(), node.output[0]
        made.CopyFrom(node)
        del made.input[:]
        made.input.extend(self._inputs(node))
        self.nodes.append(made)
        if node.op_type in ("Transpose", "MaxPool") and node.input[0] in self.scales:
            self._round(output, self.scales[node.input[0]])
        elif output in ranges:
            self._round(output, Scale.of(*ranges[output]))

    def _inputs(self, node: onnx.NodeProto) -> Iterator[str]:
        if node.op_type == "Conv":
            data, weights, bias = node.input
            yield _from_levels(data)
            yield from self._weights(weights, bias, self.scales[data].step)
            return
        for name in node.input:
            if name in self.floats:
                self.constants[name] = self.floats[name]
            yield _from_levels(name) if name in self.scales else name

    def _weights(self, weights: str, bias: str, step: np.float32) -> Iterator[str]:
        """Weights with a step for each output channel, and the bias in steps of the sums, which has to fit too."""
        values, added = self.floats[weights], self.floats[bias].astype(np.float64)
        largest = np.abs(values).max(axis=(1, 2, 3)).astype(np.float64)
        steps = np.maximum(largest / WEIGHT_LEVELS, np.abs(added) / (MOST_SUM * float(step))).astype(np.float32)
        steps = np.where(steps > 0, steps, np.float32(1))
        kind, zero = (np.dtype(np.int8), 0) if self.signed else (np.dtype(np.uint8), UNSIGNED_ZERO)
        yield self._constant(weights, np.rint(values / steps[:, None, None, None]) + zero, kind, zero, steps)
        sums = steps * step
        yield self._constant(bias, np.rint(added / sums), np.dtype(np.int32), 0, sums)

    def _constant(self, name: str, levels: np.ndarray, kind: np.dtype[Any], zero: int, steps: np.ndarray) -> str:
        self.constants[f"{name}/levels"] = levels.astype(kind)
        self._store(name, steps, np.full(len(steps), zero, kind))
        self._node("DequantizeLinear", [f"{name}/levels", *_parameters(name)], _from_levels(name), axis=0)
        return _from_levels(name)

    def _round(self, name: str, scale: Scale) -> None:
        self._store(name, scale.step, scale.zero)
        self._node("QuantizeLinear", [name, *_parameters(name)], f"{name}/levels")
        self._node("DequantizeLinear", [f"{name}/levels", *_parameters(name)], _from_levels(name))
        self.scales[name] = scale

    def _store(self, name: str, step: np.ndarray | np.float32, zero: np.ndarray | np.uint8) -> None:
        self.constants |= zip(_parameters(name), (np.asarray(step), np.asarray(zero)), strict=True)

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))


def _parameters(name: str) -> tuple[str, str]:
    """The names of a tensor's step and zero point."""
    return f"{name}/step", f"{name}/zero"


def _from_levels(name: str) -> str:
    return f"{name}/floats"
