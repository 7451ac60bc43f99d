"""The stream of pairs, against what was written into the shards."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.support.training import in_process, picture, record, tokenizer, write_shard, write_shards
from train.config import Data
from train.data import Host, Position, Records, damage_named
from train.errors import TrainingError
from train.example import encode_example
from train.pairs import Encoder, Pair, Square
from vocab.ngrams import hash_word

pytestmark = pytest.mark.slow

ENCODER = Encoder(tokenizer(), Square(40, 32), 8)
NO_PICTURE = record(0, jpg=b"no picture", key="bad")
NO_EXAMPLE, NO_TEXT = b"\xff\xff", encode_example({"jpg": picture(0), "key": "bad"})


def records_of(
    paths: Sequence[str],
    seed: int = 0,
    encoder: Encoder = ENCODER,
    shards: int = 2,
    shuffle: int = 4,
    held_out: float = 0,
) -> Records:
    return Records(paths, encoder, Data(shards, shuffle, held_out), seed)


def keys(pairs: tf.data.Dataset, count: int = -1) -> list[str]:
    return [pair["key"].numpy().decode() for pair in pairs.take(count)]


def seen(pairs: tf.data.Dataset, count: int) -> list[tuple]:
    """All of the next pairs, so that they can be compared; the place is last."""
    names = ("key", "image_id", "pixels", "tokens", "place")
    found = ([pair[name].numpy() for name in names] for pair in pairs.take(count))
    return [
        (key.decode(), image_id, pixels.tobytes(), tokens.tobytes(), Position(*place.tolist()))
        for key, image_id, pixels, tokens, place in found
    ]


class Unsteady(Encoder):
    """Takes longer for some pictures than for others."""

    def random_crop(self, pair: Pair, seed: tuple[int, ...]) -> np.ndarray:
        time.sleep(random.random() * 0.01)
        return super().random_crop(pair, seed)


def test_same_seed_is_the_same_stream_whatever_takes_long(tmp_path: Path):
    shards = write_shards(tmp_path, 9, 4, 7)
    first = seen(records_of(shards).training(), 50)
    assert seen(records_of(shards).training(), 50) == first
    assert seen(records_of(shards, encoder=Unsteady(**vars(ENCODER))).training(), 50) == first
    assert seen(records_of(shards, seed=1).training(), 50) != first


@pytest.mark.parametrize("sizes", [(20,), (5, 3, 0, 1, 7), (2,) * 9])
@pytest.mark.parametrize("at_once", [1, 2, 16])
def test_every_epoch_has_every_pair_once_in_another_order(sizes: tuple[int, ...], at_once: int, tmp_path: Path):
    count = sum(sizes)
    stream = keys(records_of(write_shards(tmp_path, *sizes), shards=at_once).training(), 4 * count)
    epochs = [stream[begin : begin + count] for begin in range(0, 4 * count, count)]
    assert all(sorted(epoch) == sorted(f"k{number}" for number in range(count)) for epoch in epochs)
    assert len(set(map(tuple, epochs))) == 4


def test_shuffle_mixes_records_of_a_group(tmp_path: Path):
    stream = keys(records_of(write_shards(tmp_path, 30, 30), shuffle=60).training(), 60)
    halves = Counter(int(key[1:]) // 30 for key in stream[:30])
    assert min(halves.values()) > 7
    assert stream != sorted(stream, key=lambda key: int(key[1:]))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Shards with 17 pairs and 4 bad records, one file without any."""
    folder = tmp_path_factory.mktemp("mixed")
    contents = [
        [record(0), NO_PICTURE, record(1), record(2), NO_EXAMPLE],
        [],
        [NO_TEXT, *map(record, range(3, 12))],
        [record(12)],
        [*map(record, range(13, 17)), NO_PICTURE],
    ]
    return [write_shard(folder / f"{number}", records) for number, records in enumerate(contents)]


def held_out(numbers: Sequence[int], share: float) -> set[str]:
    return {f"k{number}" for number in numbers if hash_word(sha256(picture(number)).hexdigest()) / 2**64 < share}


def test_stream_goes_on_from_every_place(tmp_path: Path):
    bad = write_shard(tmp_path / "bad", [NO_EXAMPLE, record(7), NO_PICTURE])
    records = records_of([*write_shards(tmp_path, 4, 0, 3), bad], held_out=0.2)
    expected = {f"k{number}" for number in range(8)} - held_out(range(8), 0.2)
    count = 2 * len(expected) + 1
    stream = seen(records.training(), count)
    assert {key for key, *_ in stream} == expected
    assert 4 < len(expected) < 8
    for number in range(count - 1):
        assert seen(records.training(stream[number][-1]), count - 1 - number) == stream[number + 1 :]


def test_bad_records_are_skipped_and_counted(mixed: list[str]):
    """A group here is an epoch, of 21 records: what was read up to a pair is good or bad."""
    stream = seen(records_of(mixed, shards=16).training(), 17 * 5)
    for good, (key, *_, place) in enumerate(stream, 1):
        assert key != "bad"
        assert place.bad == 21 * place.group + place.record - good
    assert 16 <= stream[-1][-1].bad <= 20


def test_held_out_pairs_are_evaluated_and_never_trained_on(mixed: list[str]):
    records, expected = records_of(mixed, held_out=0.3), held_out(range(17), 0.3)
    assert 1 < len(expected) < 16
    trained = keys(records.training(), 3 * (17 - len(expected)))
    assert Counter(trained) == {f"k{number}": 3 for number in range(17) if f"k{number}" not in expected}
    assert keys(records.evaluation(held_out=True)) == [f"k{n}" for n in range(17) if f"k{n}" in expected]
    assert keys(records.evaluation(held_out=False)) == [f"k{number}" for number in range(17)]


def test_training_crops_at_random_and_evaluation_the_middle(mixed: list[str]):
    records = records_of(mixed)
    for pair in records.evaluation(held_out=False).take(5):
        made = Pair.of(record(int(pair["key"].numpy()[1:])))
        assert np.array_equal(pair["pixels"], ENCODER.middle(made))
        assert np.array_equal(pair["tokens"], tokenizer().encode([made.text], 8)[0])
        assert pair["image_id"].numpy().decode() == made.image_id
    crops = {pair["key"].numpy(): set() for pair in records.training().take(17)}
    for pair in records.training().take(17 * 3):
        crops[pair["key"].numpy()].add(pair["pixels"].numpy().tobytes())
    assert sum(map(len, crops.values())) > 45


@pytest.mark.parametrize(("hosts", "at_once"), [(2, 2), (3, 1), (5, 2), (2, 16)])
def test_hosts_share_every_epoch(hosts: int, at_once: int, mixed: list[str]):
    records = records_of(mixed, shards=at_once)
    groups = -(-len(mixed) // (at_once * hosts))
    epochs: list[Counter[str]] = [Counter() for _ in range(3)]
    for number in range(hosts):
        for key, *_, place in seen(records.training(host=Host(number, hosts)), 60):
            if place.group < 3 * groups:
                epochs[place.group // groups][key] += 1
    assert epochs == [Counter(f"k{number}" for number in range(17))] * 3


def test_more_hosts_than_shards_are_refused(mixed: list[str]):
    with pytest.raises(TrainingError, match=r"^6 hosts can't share 5 shards$"):
        records_of(mixed).training(host=Host(0, 6))


@pytest.mark.parametrize(
    ("contents", "share", "line"),
    [
        ([record(0), record(1)], 1 - 1e-12, "2 records are held out, 0 are bad"),
        ([NO_PICTURE, NO_EXAMPLE, NO_TEXT], 0.0, "0 records are held out, 3 are bad"),
        ([], 0.0, "0 records are held out, 0 are bad"),
    ],
)
def test_nothing_to_train_on_is_told(contents: list[bytes], share: float, line: str, tmp_path: Path):
    shards = [write_shard(tmp_path / "a.tfrecord", []), write_shard(tmp_path / "b.tfrecord", contents)]
    with pytest.raises(TrainingError, match=f"^no pair to train on in 2 files, such as .*a.tfrecord: {line}$"):
        records_of(shards, held_out=share).training()


@pytest.mark.parametrize(("damage", "line"), [("cut", "cut off in"), ("flip", "wrong checksum of the data of")])
def test_damaged_file_is_named(damage: str, line: str, tmp_path: Path):
    shards = write_shards(tmp_path, 3, 3, 3)
    content = bytearray(Path(shards[1]).read_bytes())
    if damage == "flip":
        content[-100] ^= 1
    Path(shards[1]).write_bytes(content[:-50] if damage == "cut" else content)
    for pairs in (records_of(shards).training(), records_of(shards).evaluation(held_out=False)):
        with pytest.raises(TrainingError, match=rf"1\.tfrecord: {line} the record at byte \d+$"), damage_named(shards):
            keys(pairs, 20)


def test_other_errors_pass_through(mixed: list[str]):
    with pytest.raises(KeyError), damage_named(mixed):
        raise KeyError


class Crowd(Encoder):
    """Counts how many captions it is given at once."""

    inside, most = 0, 0
    lock = threading.Lock()

    def tokens(self, pairs: Sequence[Pair]) -> np.ndarray:
        with self.lock:
            Crowd.inside += 1
            Crowd.most = max(Crowd.inside, Crowd.most)
        time.sleep(0.02)
        with self.lock:
            Crowd.inside -= 1
        return super().tokens(pairs)


def most_at_once(shards: list[str]) -> int:
    tf.keras.utils.set_random_seed(1)
    tf.config.experimental.enable_op_determinism()
    keys(records_of(shards, encoder=Crowd(**vars(ENCODER))).training(), 60)
    return Crowd.most


def test_pairs_are_encoded_side_by_side_though_operations_are_deterministic(mixed: list[str]):
    assert in_process(most_at_once, mixed).result() > 1
