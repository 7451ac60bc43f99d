"""The dataset card: README.md of a corpus, with the YAML that Hugging Face reads. Without time, host or path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pipeline.outputs.card.corpus import LAYOUTS, Corpus
from pipeline.outputs.card.facts import languages, licences, limits, opt_outs
from pipeline.outputs.card.hugging_face import load_settings
from pipeline.outputs.card.languages import codes
from pipeline.outputs.card.licences import licence_settings, only_licence
from pipeline.outputs.card.markdown import code
from pipeline.outputs.card.numbers import made, numbers, rules

TASKS = ["zero-shot-image-classification", "image-to-text", "text-to-image"]
TAGS = ["image-text-pairs", "align", "align-corpus"]
SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
LOADERS: Mapping[str, tuple[str, str]] = {
    "parquet": ("python", 'datasets.load_dataset("DIR")["train"]  # image, text, key, url, …'),
    "webdataset": ("python", 'webdataset.WebDataset(sorted(glob.glob("DIR/webdataset/*.tar")), shardshuffle=False)'),
    "corpus": ("python", 'tensorflow_datasets.builder_from_directory("DIR/corpus").as_dataset(split="train")'),
    "verdicts": (
        "sql",
        "SELECT reasons[1] AS rule, count(*) AS pairs FROM 'DIR/verdicts/*.parquet' WHERE NOT kept GROUP BY rule;",
    ),
}
"""The line that loads each folder; DIR is that of the card."""

VERDICTS_BESIDE = {
    "parquet": 'load_dataset("DIR", "verdicts")',
    "webdataset": 'load_dataset("parquet", data_files="DIR/verdicts/*.parquet")',
}
"""The call that loads the verdicts beside a folder that loads by default."""


def card(corpus: Corpus) -> bytes:
    """The content of the card."""
    front = yaml.safe_dump(front_matter(corpus), sort_keys=False, allow_unicode=True, width=10_000)
    return "\n".join([f"---\n{front}---\n", *_lines(corpus), ""]).encode()


def front_matter(corpus: Corpus) -> dict[str, Any]:
    """The YAML of the card."""
    spoken = codes(corpus)
    return {
        "pretty_name": corpus.name,
        **({"language": spoken} if spoken else {}),
        **licence_settings(only_licence(corpus)),
        "task_categories": TASKS,
        "tags": TAGS,
        "size_categories": [size_category(_rows(corpus))],
        **load_settings(corpus),
    }


def size_category(rows: int) -> str:
    """The range of rows, as Hugging Face writes it."""
    bounds = [1000 * 10**step for step in range(len(SIZES))]
    step = sum(rows >= bound for bound in bounds)
    if step == len(SIZES):
        return f"n>{SIZES[-1]}"
    return f"{SIZES[step - 1]}<n<{SIZES[step]}" if step else f"n<{SIZES[0]}"


def _rows(corpus: Corpus) -> int:
    """The rows that load by default."""
    return int(corpus.funnel["raw" if corpus.loaded == "verdicts" else "records"])


def _lines(corpus: Corpus) -> Iterator[str]:
    yield f"# Corpus {code(corpus.name)}"
    yield ""
    yield "Pairs of an image and its alt-text from the web, chosen by the rules of ALIGN (arXiv:2102.05918, section 3)."
    sections = {
        "Numbers": numbers,
        "Rules": rules,
        "How it was made": made,
        "Files, and how to load them": _loading,
        "Languages": languages,
        "Licences": licences,
        "Opt-outs": opt_outs,
        "Limits": limits,
    }
    for title, section in sections.items():
        yield from ("", f"## {title}", "", *section(corpus))


def _loading(corpus: Corpus) -> Iterator[str]:
    yield from (f"* `{name}/*{LAYOUTS[name].ending}`: {LAYOUTS[name].says}." for name in corpus.folders)
    yield from ("", _by_default(corpus))
    for name in corpus.folders:
        language, line = LOADERS[name]
        yield from ("", f"```{language}", line, "```")


def _by_default(corpus: Corpus) -> str:
    if not corpus.folders:
        return "This corpus has no pair, and so no file to load."
    if corpus.loaded in VERDICTS_BESIDE:
        also = f", and `{VERDICTS_BESIDE[corpus.loaded]}` the verdicts" if "verdicts" in corpus.folders else ""
        says = f'`datasets.load_dataset("DIR")` loads `{corpus.loaded}/`{also}.'
    elif corpus.loaded:
        says = (
            '`datasets.load_dataset("DIR")` loads the verdicts, as it does not read TFRecords: '
            "`python -m pipeline export` writes the pairs as Parquet or WebDataset."
            if corpus.funnel["records"]
            else '`datasets.load_dataset("DIR")` loads the verdicts: there is no record of a pair with an image.'
        )
    else:
        says = "`datasets` does not read TFRecords."
    return f"{says} `DIR` is the folder of this card."
