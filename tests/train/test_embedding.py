"""Embeddings of pictures and texts, against the towers themselves, one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.training import picture, small_trained, tokenizer
from train import embedding
from train.checkpoint import Checkpoints, digest
from train.embedding import BadPicture, PictureFile, embed_pictures, embed_texts
from train.vectors import normalised

pytestmark = pytest.mark.slow

TRAINED = small_trained()
NOISE = np.random.default_rng(0).normal(size=(5, 7))


def files(folder: Path, count: int) -> list[PictureFile]:
    found = [folder / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(found):
        path.write_bytes(picture(number))
    return [PictureFile(str(path)) for path in found]


def alone(number: int) -> np.ndarray:
    """The embedding of a picture that is encoded by itself."""
    pixels = TRAINED.square.middle(picture(number))
    vector = TRAINED.model.images(pixels[None], training=False).numpy()[0]
    return vector / np.sqrt((vector**2).sum())


@pytest.mark.parametrize("at_once", [1, 4, 5, 6, 100])
def test_pictures_come_in_order_whatever_is_encoded_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
):
    monkeypatch.setattr(embedding, "AT_ONCE", at_once)
    vectors = list(embed_pictures(TRAINED, files(tmp_path, 5)))
    np.testing.assert_allclose(vectors, [alone(number) for number in range(5)], atol=1e-6)
    assert all(vector.dtype == np.float32 and vector.shape == (TRAINED.width,) for vector in vectors)


def test_bad_pictures_are_named_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedding, "AT_ONCE", 2)
    first, broken, second = files(tmp_path, 3)
    Path(broken.path).write_bytes(picture(1)[:200])
    gone, nothing = PictureFile(f"{tmp_path}/gone.jpg"), PictureFile(f"{tmp_path}/empty.jpg")
    Path(nothing.path).touch()
    found = list(embed_pictures(TRAINED, [gone, nothing, first, broken, second]))
    assert [isinstance(one, BadPicture) for one in found] == [True, True, False, True, False]
    assert str(found[0]) == f"{gone.path}: no such file"
    assert all(str(found[place]).startswith(f"{bad.path}: ") for place, bad in ((1, nothing), (3, broken)))
    np.testing.assert_allclose([found[2], found[4]], [alone(0), alone(2)], atol=1e-6)


def test_no_pictures_no_embeddings():
    assert list(embed_pictures(TRAINED, [])) == []
    assert embed_texts(TRAINED, []).shape == (0, TRAINED.width)


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_texts_are_what_the_text_tower_makes_of_their_tokens(monkeypatch: pytest.MonkeyPatch, at_once: int):
    monkeypatch.setattr(embedding, "AT_ONCE", at_once)
    texts = ["a red cat", "", "blue " * 10_000]
    vectors = TRAINED.model.texts(tokenizer().encode(texts, 8), training=False).numpy()
    np.testing.assert_allclose(embed_texts(TRAINED, texts), normalised(vectors), atol=1e-6)


def test_towers_are_traced_once_for_any_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    traced = []
    for tower in (TRAINED.model.images, TRAINED.model.texts):
        called = tower.call
        monkeypatch.setattr(tower, "call", lambda *inputs, of=called, **more: traced.append(of) or of(*inputs, **more))
    embedding._function.cache_clear()
    for count in (2, 5, 1, 3):
        assert len(list(embed_pictures(TRAINED, files(tmp_path, count)))) == count
        assert len(embed_texts(TRAINED, ["a red cat"] * count)) == count
    assert len(traced) == 2


def test_directions_have_length_one_and_zeros_stay():
    vectors = np.vstack([NOISE, np.zeros(7)])
    expected = [row / np.linalg.norm(row) for row in NOISE]
    np.testing.assert_allclose(normalised(vectors), [*expected, np.zeros(7)])
    np.testing.assert_allclose(normalised(NOISE[0]), expected[0])


def test_a_digest_tells_weights_apart_and_nothing_else(tmp_path: Path):
    checkpoints = Checkpoints(str(tmp_path))
    same, other = {"model/0": NOISE, "model/1": NOISE[0]}, {"model/0": NOISE + 1e-9, "model/1": NOISE[0]}
    for step, arrays in enumerate([same, {**same, "optimizer/0": NOISE}, other, {"model/0": NOISE}]):
        checkpoints.save(step, arrays, {"step": step})
    digests = [digest(checkpoints.path(step), "model") for step in range(4)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
