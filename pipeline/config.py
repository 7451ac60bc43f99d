"""The settings of a run: one tree of frozen dataclasses, read from YAML and overridden by flags.

A rule's numbers are the fields of the rule itself, so that each number lives once.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from dedup.clusters import Clusters
from filters import (
    AspectRatio,
    EvalDuplicate,
    ImagesOfText,
    Porn,
    RareNgram,
    Rule,
    ShortSide,
    TextsOfImage,
    Undecodable,
    WordCount,
)
from filters.models import Preparation
from pipeline.inputs.settings import Input
from vocab.characters import PROFILES

MEASURES = ("needed", "all")
SEARCHES = ("exact", "clusters")


class ConfigError(ValueError):
    """A setting that isn't there or has a wrong value: one line with its path, the value and the choices."""


def _choose(name: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: {value!r}; the choices are {', '.join(choices)}")


@dataclass(frozen=True)
class Filters:
    """The rules, in the order in which a pair's reasons are listed."""

    undecodable: Undecodable = Undecodable()
    short_side: ShortSide = ShortSide()
    aspect_ratio: AspectRatio = AspectRatio()
    texts_of_image: TextsOfImage = TextsOfImage()
    images_of_text: ImagesOfText = ImagesOfText()
    rare_ngram: RareNgram = RareNgram()
    word_count: WordCount = WordCount()
    eval_duplicate: EvalDuplicate = EvalDuplicate()
    porn: Porn = Porn()

    def __post_init__(self) -> None:
        for setting in dataclasses.fields(self):
            for number in dataclasses.fields(getattr(self, setting.name)):
                value = getattr(getattr(self, setting.name), number.name)
                if isinstance(value, int | float) and value < 0:
                    raise ValueError(f"{setting.name}.{number.name}: {value} is under 0")

    def all(self) -> list[Rule]:
        """All rules, also those that are switched off."""
        return [getattr(self, rule.name) for rule in dataclasses.fields(self)]

    def enabled(self) -> list[Rule]:
        """The rules that judge in this run."""
        return [rule for rule in self.all() if rule.enabled]


@dataclass(frozen=True)
class Text:
    """How texts are split into tokens, and whether scripts without spaces are segmented for the count of words."""

    profile: str = "uncased"
    segment: bool = False

    def __post_init__(self) -> None:
        _choose("profile", self.profile, PROFILES)


@dataclass(frozen=True)
class Embedding:
    """What finds near-duplicates that the hash misses: a model by path (none: off) that gives an image a vector.

    Two images are near-duplicates at a cosine of `min_cosine`, the paper's 0.975; models differ in what is right for
    them. `exact` compares with every evaluation image, `clusters` with those that appendix A would.
    """

    model: str = ""
    preparation: Preparation = Preparation()
    min_cosine: float = 0.975
    search: str = "exact"
    clusters: Clusters = Clusters()

    def __post_init__(self) -> None:
        _choose("search", self.search, SEARCHES)
        if not 0 < self.min_cosine <= 1:
            raise ValueError(f"min_cosine: {self.min_cosine}; it is over 0, and 1 at most")


@dataclass(frozen=True)
class Dedup:
    """What counts as a near-duplicate: at most `max_distance` of the 256 bits of the hash differ, and then the two
    pictures, laid over each other, correlate by `min_score` at least (-1 to 1).
    """

    max_distance: int = 50
    min_score: float = 0.4
    embedding: Embedding = Embedding()

    def __post_init__(self) -> None:
        if not 0 <= self.max_distance <= 256:
            raise ValueError(f"max_distance: {self.max_distance}; a distance is 0 to 256 bits")
        if not -1 <= self.min_score <= 1:
            raise ValueError(f"min_score: {self.min_score}; a score is -1 to 1")


@dataclass(frozen=True)
class Vocabulary:
    """What `python -m vocab` learns, from the words that occur `min_count` times at least, `max_words` of them.

    Its alphabet is the `max_characters` most frequent characters of all words; if that is not set, 1,000 for the
    profile `uncased` and 20,000 for `multilingual`.
    """

    size: int = 100_000
    min_count: int = 1
    max_words: int = 10_000_000
    max_characters: int | None = None

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value is not None and value < 1:
                raise ValueError(f"{name}: {value} is under 1")

    def of_profile(self, profile: str) -> Vocabulary:
        """The same with the size of the alphabet that suits `profile`."""
        usual = {"uncased": 1_000, "multilingual": 20_000}[profile]
        return dataclasses.replace(self, max_characters=self.max_characters or usual)


@dataclass(frozen=True)
class Config:
    """Everything that decides what a run writes. Inputs, workers and runner are not in it."""

    name: str = "align"
    measure: str = "needed"
    text: Text = Text()
    input: Input = field(default_factory=Input)
    filters: Filters = field(default_factory=Filters)
    dedup: Dedup = Dedup()
    vocab: Vocabulary = Vocabulary()

    def __post_init__(self) -> None:
        _choose("measure", self.measure, MEASURES)
        if not self.name or "/" in self.name:
            raise ValueError(f"name: {self.name!r} can't be part of a file's name")


def load_config(text: str, overrides: Iterable[tuple[str, str]] = ()) -> Config:
    """The config in a YAML `text`, with settings such as ("filters.porn.enabled", "false") put over it.

    Raises ConfigError.
    """
    try:
        tree = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"the config is a {type(tree).__name__}, not a tree of settings")
    for path, value in overrides:
        _put(tree, path, yaml.safe_load(value) if value else "")
    return config_of(tree)


def config_of(tree: Mapping[str, Any]) -> Config:
    """The config in a tree of values, such as a manifest holds. Raises ConfigError."""
    return typing.cast(Config, _build(Config, tree, ""))


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *sections, leaf = path.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{path}: {section} is a value, not a section")
    tree[leaf] = value


def _build(kind: type, tree: Any, path: str) -> Any:
    """An object of the dataclass `kind` from a tree of values; `path` is where the tree stands."""
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{path}: {tree!r} is no section; {path} has {_names(kind)}")
    hints = typing.get_type_hints(kind)
    for name in tree:
        if name not in {setting.name for setting in dataclasses.fields(kind)}:
            place = path or "the config"
            raise ConfigError(f"{_join(path, str(name))}: no such setting; {place} has {_names(kind)}")
    values = {name: _value(hints[name], value, _join(path, name)) for name, value in tree.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(_join(path, str(error))) from error


def _value(kind: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _build(typing.cast(type, kind), {} if value is None else value, path)
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        kind = next(option for option in kind.__args__ if option is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        return _list(typing.get_args(kind), value, path)
    return _leaf(kind, value, path)


def _list(kinds: tuple[type, ...], value: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or len(value) != len(kinds):
        raise ConfigError(f"{path}: {value!r} is no list of {len(kinds)}")
    return tuple(_leaf(kind, item, path) for kind, item in zip(kinds, value, strict=True))


def _leaf(kind: type, value: Any, path: str) -> Any:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    if kind in (int, float) and not isinstance(value, bool):
        return _number(kind, value, path)
    raise ConfigError(f"{path}: {value!r} is not {_KINDS[kind]}")


def _number(kind: type, value: Any, path: str) -> int | float:
    try:
        number = float(value)  # YAML reads 1e8 as a string
    except (TypeError, ValueError):
        number = float("nan")
    if not math.isfinite(number) or (kind is int and number != int(number)):
        raise ConfigError(f"{path}: {value!r} is not {_KINDS[kind]}")
    return int(value if isinstance(value, int) else number) if number == int(number) else number


_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a name"}


def _names(kind: type) -> str:
    return ", ".join(setting.name for setting in dataclasses.fields(kind))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
