"""Near-copies inside one set of images: groups joined by pairs, and the image of each group worth keeping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from dedup.hashing import ORIENTATIONS, coefficients, hash_bits, orientations
from dedup.lookup import MultiIndex
from dedup.quality import is_informative
from dedup.search import Search
from dedup.variants import turn
from dedup.verify import scores, views

SCHEMA = pa.schema([("image_id", pa.string()), ("group", pa.int64()), ("keep", pa.bool_())])


@dataclass(frozen=True, eq=False)
class Images:
    """Images of a corpus as compared: whole, in eight orientations."""

    hashes: np.ndarray  # uint64 (images, 8, 4): for each orientation, the upright one first
    views: np.ndarray  # uint8 (images, 64, 64)
    informative: np.ndarray  # bool (images,): images that are not, such as blank pages, have no copies

    @classmethod
    def of(cls, lumas: np.ndarray) -> Images:
        """Hashes lumas, uint8 (images, 128, 128)."""
        found = coefficients(lumas)
        return cls(hash_bits(orientations(found)), views(lumas), is_informative(found))

    @cached_property
    def _lookup(self) -> MultiIndex:
        return MultiIndex(self.hashes[:, 0])

    def pairs(self, first: int, last: int, search: Search) -> Iterator[tuple[int, int]]:
        """Pairs (image, later image) that are near-duplicates, for the images from `first` to before `last`."""
        queries = self.hashes[first:last].reshape(-1, self.hashes.shape[-1])
        near = self._lookup(queries, search.max_distance)
        images = first + near.query // ORIENTATIONS
        later = (near.entry > images) & self.informative[images] & self.informative[near.entry]
        seen = set[tuple[int, int]]()
        for place in np.flatnonzero(later).tolist():
            pair = int(images[place]), int(near.entry[place])
            if pair not in seen and self._alike(*pair, int(near.query[place]) % ORIENTATIONS, search):
                seen.add(pair)
                yield pair

    def _alike(self, image: int, other: int, orientation: int, search: Search) -> bool:
        turned = turn(self.views[image], orientation)
        return bool(scores(turned[None], self.views[other][None])[0] >= search.min_score)


def group(ids: pa.StringArray, pixels: np.ndarray, pairs: np.ndarray) -> pa.Table:
    """The groups of two images and more that `pairs`, int64 (n, 2), join: `image_id`, `group`, `keep`.

    `keep` is true for the image with the most `pixels`, int64 (images,); ties take the smallest id. Groups are
    numbered, and rows ordered, by the smallest id in a group, and then by id.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ranks = np.argsort(np.argsort(ids.to_numpy(zero_copy_only=False).astype(str), kind="stable"))
    edges = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(ids), len(ids)))
    _, label = connected_components(edges, directed=False)
    members = np.flatnonzero(np.bincount(label, minlength=1)[label] > 1)
    smallest = np.full(len(ids), len(ids))
    np.minimum.at(smallest, label[members], ranks[members])
    order = members[np.lexsort((ranks[members], smallest[label[members]]))]
    _, number = np.unique(smallest[label[order]], return_inverse=True)
    best = order[np.lexsort((ranks[order], -pixels[order], number))]
    _, first = np.unique(smallest[label[best]], return_index=True)
    return pa.table([ids.take(pa.array(order)), number, np.isin(order, best[first])], schema=SCHEMA)
