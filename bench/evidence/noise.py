"""Texts that pages give to many pictures, in place of a share of the texts."""

from __future__ import annotations

from bench.evidence.splits import fraction

SHARED = (  # of three words and more: of the rules, the one on shared texts alone can drop them
    "click to enlarge image",
    "click here for a larger picture",
    "see the caption below",
    "screenshot of the page",
    "image may be subject to copyright",
    "picture of the day",
    "no description available for this image",
    "photo by the author",
    "image not available yet",
    "view full size image",
    "thumbnail of the product",
    "free download vector image",
    "icon of the website",
    "share this picture with friends",
    "an image without a title",
    "open the image in a new window",
    "logo of the company",
    "image from the gallery",
    "go to the next picture",
    "advertisement please scroll down",
    "the image that goes with this article",
    "placeholder for a missing picture",
    "this picture is loading please wait",
    "related posts you may like",
)


def mixed(text: str, key: str, share: float) -> str:
    """`text`, or for a `share` of all keys one of the shared texts. Keys of a smaller share are among a larger's."""
    if fraction(key, "noise") >= share:
        return text
    return SHARED[int(fraction(key, "which") * len(SHARED))]
