"""The settings of a run: one tree of frozen dataclasses, read from YAML and overridden by flags.

A rule's numbers are the fields of the rule itself, so that each number lives once.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pyarrow as pa

from crawl.fetching.settings import Fetch
from dedup.clusters import Clusters
from dedup.search import Limits, Search
from filters.models import Preparation
from pipeline.formats import OutputFormats
from pipeline.inputs.settings import Input
from pipeline.own_rules import is_known, read_rule_files, try_rule
from pipeline.remote import Storage
from pipeline.rule_set import Filters, filters_with
from pipeline.settings import ConfigError, build, put, shown
from pipeline.yaml_text import parse_value, parse_yaml
from train.bounds import choose
from train.config import Train
from train.transfer.config import Transfer
from vocab.characters import PROFILES

APART = ("storage", "vocab", "train", "transfer", "fetch")  # sections on which no byte of a corpus depends
MEASURES = ("needed", "all")
SEARCHES = ("exact", "clusters")
LONGEST_NAME = 150  # bytes; a file's name has 255, with a shard's numbers and what it is called until it is whole

_DELIMITERS = ("", ",", "|", "\t")  # characters that are syntax to YAML, and values of settings


@dataclass(frozen=True)
class Text:
    """Splitting of texts into tokens, and segmentation of scripts without spaces for the count of words."""

    profile: Annotated[str, "splits texts into tokens by these rules: uncased or multilingual"] = "uncased"
    segment: Annotated[bool, "counts words of Thai, Lao, Khmer and Burmese by dictionaries"] = False

    def __post_init__(self) -> None:
        choose("profile", self.profile, PROFILES)


@dataclass(frozen=True)
class Embedding:
    """A model, by path (none: off), whose image vectors find near-duplicates that the hash misses.

    Two images are near-duplicates at a cosine of `min_cosine`, the paper's 0.975; models differ in what is right for
    them. `exact` compares with every evaluation image, `clusters` with those that appendix A would.
    """

    model: Annotated[str, "path of a model that gives an image a vector; empty: off"] = ""
    preparation: Preparation = Preparation()
    min_cosine: Annotated[float, "lowest cosine of two near-duplicates"] = 0.975
    search: Annotated[str, "exact: compares with every evaluation image; clusters: with those that share a bucket"] = (
        "exact"
    )
    clusters: Clusters = Clusters()

    def __post_init__(self) -> None:
        choose("search", self.search, SEARCHES)
        if not 0 < self.min_cosine <= 1:
            raise ValueError(f"min_cosine: {self.min_cosine}; it is over 0, and 1 at most")


@dataclass(frozen=True)
class Dedup(Limits):
    """The limits of a near-duplicate: at most `max_distance` of the 256 bits of the hash differ, and then the two
    pictures, laid over each other, correlate by `min_score` at least (-1 to 1).
    """

    embedding: Embedding = Embedding()

    def search(self, thorough: bool) -> Search:
        """A search within these limits."""
        return Search(self.max_distance, self.min_score, thorough)


@dataclass(frozen=True)
class Vocabulary:
    """The vocabulary of `python -m vocab`, from at most `max_words` words that occur at least `min_count` times.

    Its alphabet is the `max_characters` most frequent characters of all words; if that is not set, 1,000 for the
    profile `uncased` and 20,000 for `multilingual`.
    """

    size: Annotated[int, "size of the vocabulary, special pieces included", "pieces"] = 100_000
    min_count: Annotated[int, "fewest occurrences of a word that is learned from", "occurrences"] = 1
    max_words: Annotated[int, "most distinct words that are learned from, the most frequent first", "words"] = (
        10_000_000
    )
    max_characters: Annotated[
        int | None, "size of the alphabet; null: 1,000 for uncased, 20,000 for multilingual", "characters"
    ] = None

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value is not None and value < 1:
                raise ValueError(f"{name}: {value} is under 1")

    def of_profile(self, profile: str) -> Vocabulary:
        """Returns these settings with the size of the alphabet that suits `profile`."""
        usual = {"uncased": 1_000, "multilingual": 20_000}[profile]
        return dataclasses.replace(self, max_characters=self.max_characters or usual)


@dataclass(frozen=True)
class Report:
    """Statistics of the report: what is found out for them alone."""

    identify: Annotated[bool, "guesses the language of texts that no column gives one (the extra languages)"] = False


@dataclass(frozen=True)
class Config:
    """All settings of a run. Inputs, workers and runner are command-line options, not settings: see `Options`."""

    name: Annotated[str, "name of the corpus, with which its files begin"] = "align"
    measure: Annotated[
        str, "needed: stops at the first rule that drops a pair; all: measures every rule for every pair"
    ] = "needed"
    text: Text = Text()
    input: Input = field(default_factory=Input)
    filters: Filters = field(default_factory=Filters)
    dedup: Dedup = Dedup()
    output: OutputFormats = OutputFormats()
    report: Report = Report()
    storage: Storage = Storage()
    fetch: Fetch = Fetch()
    vocab: Vocabulary = Vocabulary()
    train: Train = Train()
    transfer: Transfer = Transfer()

    def __post_init__(self) -> None:
        choose("measure", self.measure, MEASURES)
        foreign = any(sign in self.name for sign in "/\\")  # no pattern of Beam's lists a name with a backslash
        if not self.name or foreign or self.name.startswith(".") or not self.name.isprintable():
            raise ValueError(f"name: {shown(self.name)} can't be part of a file's name")
        if (size := len(self.name.encode())) > LONGEST_NAME:
            raise ValueError(
                f"name: {shown(self.name)} is {size:,} bytes long, for a file's name {LONGEST_NAME} at most"
            )


@dataclass(frozen=True)
class Options:
    """One run: its settings, and the options that are not settings."""

    config: Config
    inputs: tuple[str, ...]
    output: str
    eval_images: tuple[str, ...]
    workers: int
    overwrite: bool
    beam: tuple[str, ...]  # options that are passed to Beam
    counts: str = ""  # the folder of an earlier run, whose counts apply
    command: str = field(default="", compare=False)  # as typed, for the page
    reuse: str = ""  # the folder of a finished run, whose work is taken over
    keep_work: bool = False  # index, sorted runs and evaluation index stay, for --reuse of another run

    @property
    def storage(self) -> Storage:
        """The settings of requests to storage."""
        return self.config.storage


def load_config(text: str, overrides: Iterable[tuple[str, str]] = (), file: str = "") -> Config:
    """The config in a YAML `text`, with settings such as ("filters.porn.enabled", "false") put over it.

    Raises ConfigError, in which a text that is no config has the name of its `file`.
    """
    return config_of(load_tree(text, overrides, file))


def load_tree(text: str, overrides: Iterable[tuple[str, str]] = (), file: str = "") -> dict[str, Any]:
    """The values in a YAML `text`, with others put over them, before they are checked. Raises ConfigError."""
    try:
        tree = parse_yaml(text) or {}
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}" if file else str(error)) from error
    if not isinstance(tree, dict):
        raise ConfigError(f"{file or 'the config'}: a {type(tree).__name__}, not a tree of settings")
    for path, value in overrides:
        put(tree, path, value if value in _DELIMITERS else parse_value(path, value))
    return tree


def config_of(tree: Mapping[str, Any]) -> Config:
    """The config in a tree of values, such as a manifest holds. Raises ConfigError.

    `rules` lists files of the user's own rules, by paths relative to the working directory.
    """
    files = read_rule_files(tree.get("rules") or ())
    settings = {name: value for name, value in tree.items() if name != "rules"}
    if not files:
        return typing.cast(Config, build(Config, settings, ""))
    filters = build(filters_with(files), settings.pop("filters", None) or {}, "filters")
    for rule in filters.own():
        if is_known(rule):
            try_rule(rule, pa.schema([]))
    return dataclasses.replace(typing.cast(Config, build(Config, settings, "")), filters=filters)
