"""The pieces of a vocabulary as a trie, and the greedy split of words by it, compiled. Importing it loads numba.

The trie is one hash table: an entry is an edge, a node with a byte, and its slot is the node that the edge leads to. So
a step costs one access to memory, whatever the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from vocab.buffers import read_only, utf8
from vocab.kernel import kernel

EMPTY, NOWHERE = np.int64(-1), np.int64(-2)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_BYTE_BITS = 8


class Trie(NamedTuple):
    """A trie of pieces: a kernel takes it as one argument."""

    edges: np.ndarray  # int64 (slots,): node << 8 | byte, EMPTY where there is none
    ids: np.ndarray  # int32 (slots + 1,): the piece that ends at a node, -1 for none; the root is the last node
    inside: np.int64  # the node of `##`, where pieces inside a word begin; NOWHERE without such pieces
    unknown: np.int32  # the id of [UNK]
    longest: int  # characters; a longer word is unknown


def make_trie(pieces: Sequence[str], inside: str, unknown: int, longest: int) -> Trie:
    """The trie of distinct pieces, whose ids are their indices; `inside` is the prefix of pieces inside a word."""
    spelled = spell(pieces)
    order = pc.sort_indices(spelled)
    data, offsets = utf8(spelled.take(order))
    slots = 2 << int(_count_nodes(data, offsets)).bit_length()
    edges, ids = np.full(slots, EMPTY), np.full(slots + 1, -1, np.int32)
    _insert(data, offsets, order.to_numpy().astype(np.int32), edges, ids)
    node = _node_of(np.frombuffer(inside.encode(), np.uint8), edges)
    return Trie(read_only(edges), read_only(ids), node, np.int32(unknown), longest)


def split_words(words: pa.StringArray, trie: Trie) -> tuple[np.ndarray, np.ndarray]:
    """The ids of the longest pieces that make up each word, from the left; [UNK] if there are none.

    Word w has `ids[rows[w]:rows[w + 1]]`: ids int32 (pieces,), rows int64 (words + 1,).
    """
    return _split_words(*utf8(words), trie)


def spell(texts: Sequence[str]) -> pa.StringArray:
    """A column of the texts; lone surrogates, which Arrow refuses, are spelled as if UTF-8 had them."""
    return pa.array([text.encode(errors="surrogatepass") for text in texts], pa.binary()).view(pa.string())


@kernel
def _count_nodes(data: np.ndarray, offsets: np.ndarray) -> int:
    """Counts the distinct beginnings of sorted pieces, the empty one not."""
    nodes = 0
    for number in range(len(offsets) - 1):
        begin, end, before = int(offsets[number]), int(offsets[number + 1]), int(offsets[max(number - 1, 0)])
        shared = 0
        while number and before + shared < begin and begin + shared < end:
            if data[before + shared] != data[begin + shared]:
                break
            shared += 1
        nodes += end - begin - shared
    return nodes


@kernel
def _insert(data: np.ndarray, offsets: np.ndarray, order: np.ndarray, edges: np.ndarray, ids: np.ndarray) -> None:
    for number in range(len(order)):
        node = np.int64(len(edges))
        for place in range(np.int64(offsets[number]), np.int64(offsets[number + 1])):
            slot, found = _find(edges, node, data[place])
            if not found:
                edges[slot] = node << _BYTE_BITS | np.int64(data[place])
            node = slot
        ids[node] = order[number]


@kernel
def _node_of(piece: np.ndarray, edges: np.ndarray) -> np.int64:
    node = np.int64(len(edges))
    for byte in piece:
        node, found = _find(edges, node, byte)
        if not found:
            return NOWHERE
    return node


@njit(inline="always")
def _find(edges: np.ndarray, node: np.int64, byte: np.uint8) -> tuple[np.int64, bool]:
    """The slot of an edge, or the free one where it belongs, and whether it exists."""
    edge, last = node << _BYTE_BITS | np.int64(byte), np.int64(len(edges) - 1)
    slot = np.int64((np.uint64(edge) * _GOLDEN) >> np.uint64(32)) & last
    while edges[slot] != edge and edges[slot] != EMPTY:
        slot = (slot + 1) & last
    return slot, bool(edges[slot] == edge)


@kernel
def _split_words(data: np.ndarray, offsets: np.ndarray, trie: Trie) -> tuple[np.ndarray, np.ndarray]:
    words = len(offsets) - 1
    ids = np.empty(np.int64(offsets[words]) - np.int64(offsets[0]), np.int32)
    rows = np.zeros(words + 1, np.int64)
    for word in range(words):
        rows[word + 1] = split_word(data, np.int64(offsets[word]), np.int64(offsets[word + 1]), trie, ids, rows[word])
    return ids[: rows[words]].copy(), rows


@njit
def split_word(data: np.ndarray, begin: int, end: int, trie: Trie, ids: np.ndarray, first: int) -> int:
    """Writes the ids of the word `data[begin:end]` from `ids[first]` on, and returns their end."""
    if _is_long(data, begin, end, trie.longest):
        ids[first] = trie.unknown
        return first + 1
    k, start = first, np.int64(len(trie.edges))
    while begin < end:
        piece, stop = _longest(data, begin, end, trie, start)
        if piece < 0:
            ids[first] = trie.unknown
            return first + 1
        ids[k] = piece
        k, begin, start = k + 1, stop, trie.inside
    return k


@njit(inline="always")
def _longest(data: np.ndarray, begin: int, end: int, trie: Trie, node: np.int64) -> tuple[np.int32, int]:
    """The id of the longest piece from a node on, -1 if there is none, and where that piece ends."""
    piece, stop = np.int32(-1), begin
    for place in range(begin, end):
        node, found = _find(trie.edges, node, data[place])
        if not found:
            break
        if trie.ids[node] >= 0:
            piece, stop = trie.ids[node], place + 1
    return piece, stop


@njit(inline="always")
def _is_long(data: np.ndarray, begin: int, end: int, longest: int) -> bool:
    """Returns whether a word has more than `longest` characters: bytes that don't continue one."""
    if end - begin <= longest:
        return False
    characters = 0
    for place in range(begin, end):
        characters += int(data[place] & 0xC0 != 0x80)
    return characters > longest
