"""Records to pixels and tokens, against Pillow, numpy and hashlib."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import chunked, chunks_of, encoded, noise, png
from tests.support.training import picture, record, tokenizer
from train.example import encode_example
from train.pairs import BadRecord, Encoder, Pair, Square
from vocab.ngrams import MODULUS, hash_word

pytestmark = pytest.mark.slow

JPG = picture(0)
SHA256 = hashlib.sha256(JPG).hexdigest()
SMALL = Encoder(tokenizer(), Square(40, 38), 8)
IMG2DATASET = {"key": "000000012", "url": "http://a/b.jpg", "width": 60, "height": 40, "original_width": 640}
IMG2DATASET |= {"status": "success", "error_message": "", "exif": json.dumps({})}
TWO_TEXTS = b"\x0a\x11\x0a\x0f\x0a\x03txt\x12\x08\x0a\x06\x0a\x01a\x0a\x01b"  # features {txt: bytes_list {a, b}}
SEEDS = [(0, 0, number) for number in range(400)]


def pair_with(jpg: bytes) -> Pair:
    return Pair.of(encode_example({"jpg": jpg, "txt": "a"}))


@pytest.mark.parametrize(
    ("others", "image_id", "key"),
    [
        ({}, SHA256, SHA256),
        ({"key": "p#7", "sha256": "ab" * 32, "url": "", "width": 60, "height": 40}, "ab" * 32, "p#7"),
        (IMG2DATASET, SHA256, "000000012"),
        (IMG2DATASET | {"sha256": SHA256}, SHA256, "000000012"),
        ({"key": 7, "sha256": ""}, SHA256, SHA256),
    ],
    ids=["coyo-align", "ours", "img2dataset", "img2dataset with hashes", "odd values"],
)
def test_records_of_all_writers_are_pairs(others: dict, image_id: str, key: str):
    pair = Pair.of(encode_example({"jpg": JPG, "txt": "été à la plage", **others}))
    assert pair == Pair(JPG, "été à la plage".encode(), image_id, key)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"\xff\xff", "not a tf.train.Example"),
        (encode_example({}), "no jpg; the record has nothing"),
        (encode_example({"txt": "a", "png": JPG}), "no jpg; the record has png, txt"),
        (encode_example({"jpg": JPG, "caption": "a"}), "no txt; the record has caption, jpg"),
        (encode_example({"jpg": JPG, "txt": 3}), "txt is 1 of int, not one of bytes"),
        (encode_example({"jpg": JPG}) + TWO_TEXTS, "txt is 2 of bytes, not one of bytes"),
    ],
)
def test_what_is_no_pair_says_why(data: bytes, line: str):
    with pytest.raises(BadRecord, match=line):
        Pair.of(data)


@pytest.mark.parametrize("jpg", [b"", b"GIF89a", JPG[: len(JPG) // 2], JPG[:20]], ids=["empty", "gif", "half", "head"])
def test_undecodable_pictures_are_bad_records_that_name_the_pair(jpg: bytes):
    pair = Pair.of(encode_example({"jpg": jpg, "txt": "a", "key": "p#7"}))
    for encode in (SMALL.middle, lambda bad: SMALL.random_crop(bad, (0,))):
        with pytest.raises(BadRecord, match=r"^p#7: ."):
            encode(pair)


def test_a_record_may_name_its_pictures_file(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(picture(0))
    named = {"file": f"{tmp_path}/a.jpg", "txt": "a cat", "key": "a.jpg#0"}
    pair = Pair.of(encode_example(named))
    assert (pair.jpg, pair.text, pair.key) == (picture(0), b"a cat", "a.jpg#0")
    assert pair.image_id == hashlib.sha256(picture(0)).hexdigest()
    assert Pair.of(encode_example({**named, "jpg": picture(1)})).jpg == picture(1)
    with pytest.raises(BadRecord, match=r"nothing.jpg: No such file or directory"):
        Pair.of(encode_example({**named, "file": f"{tmp_path}/nothing.jpg"}))


def test_held_out_is_what_hashes_below_the_share():
    pair = pair_with(JPG)
    place = hash_word(SHA256) / MODULUS
    assert 1e-9 < place < 1 - 1e-9
    assert not pair.is_held_out(place - 1e-12)
    assert pair.is_held_out(place + 1e-12)


def test_held_out_pictures_are_about_the_share_and_more_with_a_larger_one():
    pairs = [Pair(b"", b"", hashlib.sha256(bytes([a, b])).hexdigest(), "") for a in range(20) for b in range(100)]
    held = {share: [pair.is_held_out(share) for pair in pairs] for share in (0.0, 0.02, 0.1, 0.5, 0.999999)}
    assert not any(held[0.0])
    assert np.allclose([np.mean(held[share]) for share in (0.02, 0.1, 0.5)], [0.02, 0.1, 0.5], atol=0.04)
    for small, large in zip(list(held)[:-1], list(held)[1:], strict=True):
        assert np.all(np.array(held[small]) <= np.array(held[large]))


def test_captions_of_a_picture_are_on_one_side():
    for number in range(30):
        pairs = [Pair.of(record(number, txt=text, key=text)) for text in ("a", "b")]
        pairs.append(Pair.of(encode_example({"jpg": picture(number), "txt": "c"})))  # without any id
        assert len({pair.is_held_out(0.5) for pair in pairs}) == 1


@pytest.mark.parametrize(("resize", "crop"), [(346, 289), (346, 288), (40, 40), (64, 33)])
def test_middle_is_pillows_resize_and_a_slice(resize: int, crop: int):
    image = noise(3, (150, 200))
    edge = (resize - crop) // 2
    expected = np.asarray(image.resize((resize, resize), Image.Resampling.BILINEAR))[edge:, edge:][:crop, :crop]
    found = Encoder(tokenizer(), Square(resize, crop), 8).middle(pair_with(encoded(image, "PNG")))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - expected).max() <= 1


def oriented() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    return exif


CLEAR = noise(7, (150, 200)).convert("RGBA")
CLEAR.putalpha(noise(8, (150, 200)).convert("L"))
WHITE = Image.new("RGBA", CLEAR.size, "white")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (encoded(CLEAR, "PNG"), Image.alpha_composite(WHITE, CLEAR).convert("RGB")),
        (encoded(noise(9, (150, 200)).quantize(40), "PNG"), noise(9, (150, 200)).quantize(40).convert("RGB")),
        (encoded(noise(9, (150, 200)).convert("L"), "JPEG"), None),
        (encoded(noise(9, (150, 200)).convert("CMYK"), "JPEG"), None),
        (encoded(noise(9, (150, 200)), "JPEG", exif=oriented()), None),
    ],
    ids=["RGBA", "P", "L", "CMYK", "EXIF"],
)
def test_a_part_of_any_mode_is_pillows(data: bytes, shown: Image.Image | None):
    """A JPEG is as Pillow decodes it, with the orientation left alone."""
    whole = shown or Image.open(io.BytesIO(data)).convert("RGB")
    expected = np.asarray(whole.resize((110, 110), Image.Resampling.BILINEAR))[5:105, 5:105]
    found = Square(110, 100).middle(data).astype(int)
    assert np.abs(found - expected).max() <= 1 and np.ptp(found) > 50


def test_large_jpeg_decoded_small_is_the_same_to_the_eye():
    image = noise(4, (2000, 1600))
    exact = np.asarray(image.resize((40, 40), Image.Resampling.BILINEAR))[1:39, 1:39].astype(int)
    found = SMALL.middle(pair_with(encoded(image, "JPEG", quality=95))).astype(int)
    assert np.abs(found - exact).mean() < 3


def test_random_crops_are_all_parts_and_their_mirrors():
    pair = pair_with(encoded(noise(5, (40, 40)), "PNG"))
    whole = np.asarray(noise(5, (40, 40)))
    parts = [whole[top : top + 38, left : left + 38] for top in range(3) for left in range(3)]
    expected = {part.tobytes() for part in parts}
    mirrored = {part[:, ::-1].tobytes() for part in parts}
    found = [np.ascontiguousarray(SMALL.random_crop(pair, seed)).tobytes() for seed in SEEDS]
    assert set(found) == expected | mirrored
    assert len(expected | mirrored) == 18
    assert 0.4 < np.mean([part in mirrored for part in found]) < 0.6


def test_random_crops_follow_the_seed():
    pair = pair_with(JPG)
    first, again = ([SMALL.random_crop(pair, seed).tobytes() for seed in SEEDS[:40]] for _ in range(2))
    assert first == again
    for other in ((1, 0), (0, 1)):
        assert first != [SMALL.random_crop(pair, (*other, number)).tobytes() for number in range(40)]


def test_crop_of_the_whole_leaves_only_the_mirror():
    encoder = Encoder(tokenizer(), Square(40, 40), 8)
    pair = pair_with(JPG)
    whole = encoder.middle(pair)
    assert {encoder.random_crop(pair, seed).tobytes() for seed in SEEDS[:20]} == {
        whole.tobytes(),
        whole[:, ::-1].tobytes(),
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(Image.new("L", (50, 70), 90), "JPEG"), (90, 90, 90)),
        (encoded(Image.new("1", (50, 70), 1), "PNG"), (255, 255, 255)),
        (encoded(Image.new("CMYK", (50, 70), (0, 255, 255, 0)), "JPEG", quality=100), (255, 0, 0)),
        (encoded(Image.new("RGBA", (50, 70), (0, 0, 200, 0)), "PNG"), (255, 255, 255)),
        (encoded(Image.new("RGBA", (50, 70), (0, 0, 200, 255)), "PNG"), (0, 0, 200)),
        (encoded(Image.new("RGB", (50, 70), (10, 200, 30)), "WEBP", lossless=True), (10, 200, 30)),
    ],
    ids=["gray", "bits", "CMYK", "clear", "opaque", "WebP"],
)
def test_every_mode_becomes_rgb(data: bytes, expected: tuple[int, int, int]):
    for pixels in (SMALL.middle(pair_with(data)), SMALL.random_crop(pair_with(data), (1,))):
        assert pixels.shape == (38, 38, 3)
        assert np.abs(pixels.astype(int) - expected).max() <= 2


def test_smaller_pictures_are_enlarged_and_one_pixel_too():
    assert (
        SMALL.middle(pair_with(encoded(Image.new("RGB", (1, 1), "red"), "PNG"))).tolist() == [[[255, 0, 0]] * 38] * 38
    )


def test_pictures_over_the_limit_are_bad_before_they_are_decoded():
    (name, head), *others = chunks_of(png(8, 2))
    huge = chunked([(name, (30_000).to_bytes(4, "big") * 2 + head[8:]), *others])
    with pytest.raises(BadRecord, match="30000 x 30000 pixels; the limit is"):
        SMALL.middle(pair_with(huge))


def test_tokens_are_padded_and_cut_to_the_length():
    short, long = (Pair(b"", text, "", "") for text in (b"red photo", b"red blue of photo red blue of photo"))
    pieces = tokenizer().pieces
    assert [pieces[number] for number in SMALL.tokens([short])[0]] == ["[CLS]", "red", "photo", "[SEP]", *["[PAD]"] * 4]
    assert [pieces[number] for number in SMALL.tokens([short, long])[1]][-2:] == ["blue", "[SEP]"]
    assert SMALL.tokens([long]).dtype == np.int32


def test_text_that_is_no_utf8_is_read_with_a_gap():
    tokens = SMALL.tokens([Pair.of(encode_example({"jpg": JPG, "txt": b"red \xff blue"}))])[0]
    assert [tokenizer().pieces[number] for number in tokens[:5]] == ["[CLS]", "red", "blue", "[SEP]", "[PAD]"]
