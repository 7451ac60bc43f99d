"""The search: queries as vectors, the pictures nearest to them, and what is told of these."""

from __future__ import annotations

from functools import partial

import numpy as np

from pipeline.commands.train.embed.index import FAISS, Index, check_faiss
from pipeline.commands.train.material import load_model
from pipeline.commands.train.search.options import PROBES, Options, Query
from pipeline.commands.train.search.page import search_page
from pipeline.commands.train.search.results import Found, Hit, as_json, lines
from pipeline.files import local_copy, write_file
from pipeline.inputs import InputError
from pipeline.page.markup import shortened
from pipeline.printable import tell
from train import approximate
from train.composed import composed
from train.embedding import BadPicture, PictureFile, embed_pictures, embed_texts
from train.nearest import Search, nearest
from train.trained import Trained
from vocab.wordpiece import INSIDE, UNK


def run(options: Options) -> None:
    """Searches, tells what is found, and writes what was asked for. Raises InputError, TrainingError."""
    index = Index.open(options.index)
    look = _search_in(index, options)
    trained = load_model(options.model)
    _check(index, trained, options)
    found = _find(index, look, _vectors(trained, options), options)
    if options.numbers:
        with write_file(options.numbers) as file:
            file.write(as_json(index.facts, found))
    if options.page:
        with write_file(options.page) as file:
            file.write(search_page(index.facts, found))
    tell(*lines(found), error=False)


def _search_in(index: Index, options: Options) -> Search:
    """The exact search, or that in the lists for faiss, where there are some. Raises InputError."""
    if options.probes and not index.has_faiss:
        raise InputError(f"--probes: {options.index} has no lists for faiss; embed --faiss adds them")
    if options.exact or not index.has_faiss:
        return partial(nearest, index.vectors)
    check_faiss("search without --exact")
    try:
        lists = approximate.load(local_copy(index.folder.path(FAISS)), *index.vectors.shape)
    except ValueError as error:
        raise InputError(f"index: {error}; --exact does without") from error
    return partial(approximate.nearest, lists, probes=options.probes or PROBES)


def _check(index: Index, trained: Trained, options: Options) -> None:
    if trained.weights != index.facts["model"]:
        there, here = index.facts["model"][:12], trained.weights[:12]
        raise InputError(
            f"index: {options.index} was made with the weights {there}…, {options.model} has {here}…; "
            f"embed --overwrite makes it anew"
        )


def _vectors(trained: Trained, options: Options) -> np.ndarray:
    """A row for each query, float32 (queries, width)."""
    for text in {text for query in options.queries for text in query.texts}:
        _say_what_is_used(trained, text)
    if options.queries[0].image is None:
        return embed_texts(trained, [query.text or "" for query in options.queries])
    return np.stack([_composed(trained, query, options.scale) for query in options.queries])


def _composed(trained: Trained, query: Query, scale: float) -> np.ndarray:
    (picture,) = embed_pictures(trained, [PictureFile(query.image or "")])
    if isinstance(picture, BadPicture):
        raise InputError(f"image: {picture}")
    plus, minus = (embed_texts(trained, texts) for texts in (query.plus, query.minus))
    return composed(picture, plus, minus, scale)


def _say_what_is_used(trained: Trained, text: str) -> None:
    pieces, most = trained.tokenizer.tokenize(text), trained.settings.text.length - 2
    words, used = (sum(not piece.startswith(INSIDE) for piece in part) for part in (pieces, pieces[:most]))
    name = f"search: “{shortened(text, 40)}”"
    if len(pieces) > most:
        says = f"of {words:,} words the first {used:,} are used: the text tower takes {most:,} pieces of words"
        tell(f"{name}: {says}")
    if set(pieces) <= {UNK}:
        tell(f"{name}: no word of it is in the vocabulary, so what is found means nothing")


def _find(index: Index, look: Search, vectors: np.ndarray, options: Options) -> list[Found]:
    near = look(vectors, options.top)
    rows = np.unique(near.rows)
    pictures = dict(zip(rows.tolist(), index.pictures(rows), strict=True))
    found = zip(options.queries, near.similarities.tolist(), near.rows.tolist(), strict=True)
    return [
        Found(query, [Hit(value, pictures[row]) for value, row in zip(values, places, strict=True)])
        for query, values, places in found
    ]
