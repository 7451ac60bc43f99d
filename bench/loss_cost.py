"""Memory and CPU time of the contrastive loss of one large batch with its gradients, in a process of its own.

Run as `python -m bench.loss_cost PAIRS WIDTH [NEGATIVES]`: a share of negatives just under 1 takes the way through an
index, which all negatives took once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.measure import measure, python

PAIRS, WIDTH = 16_384, 640  # the paper's batch; the width of its EfficientNet-B7 is 2,560
PEAK_GB = 2.5


def loss_cost() -> Iterator[Figure]:
    """Figures of the loss with all negatives."""
    usage = measure(*python("-m", "bench.loss_cost", str(PAIRS), str(WIDTH)))
    found = json.loads(usage.output.splitlines()[-1])
    what = f"the loss and its gradients, {PAIRS:,} pairs of width {WIDTH}"
    yield Figure(f"{what}: peak of the process", found["peak"] / 1e9, "GB", at_most=PEAK_GB)
    yield Figure(f"{what}: of it above TensorFlow and the inputs", found["growth"] / 1e9, "GB")
    yield Figure(f"{what}: CPU time", found["cpu"], "s")


def cost(pairs: int, width: int, negatives: float) -> dict[str, float]:
    """Bytes at the peak, bytes above those before the first call, and CPU seconds of that call."""
    import tensorflow as tf

    from train.loss import contrastive_loss

    rows = [tf.random.stateless_normal((pairs, width), (1, seed)) for seed in (1, 2)]
    inputs = [*rows, tf.constant(0.07)]

    @tf.function  # type: ignore[untyped-decorator]
    def gradients(*given: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(given)
            loss = contrastive_loss(*given, smoothing=0.1, negatives=negatives)
        return [loss, *tape.gradient(loss, list(given))]

    gradients.get_concrete_function(*inputs)
    before, begin = _peak(), time.process_time()
    gradients(*inputs)[0].numpy()
    return {"peak": _peak(), "growth": _peak() - before, "cpu": time.process_time() - begin}


def _peak() -> float:
    """The process's own; that of getrusage begins with what the process that started it had."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024.0


if __name__ == "__main__":
    print(json.dumps(cost(int(sys.argv[1]), int(sys.argv[2]), float((sys.argv[3:] or ["1"])[0]))))
