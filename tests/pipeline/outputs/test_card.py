"""The dataset card says what the run's numbers say, and nothing in it comes from the data as markup."""

from __future__ import annotations

import pyarrow as pa
import pytest

from filters.image import ShortSide
from pipeline.outputs.card.licences import identifier
from pipeline.outputs.card.text import card, size_category
from tests.support.described_corpora import Rendered, corpus, counted, front_matter

HOSTILE = [
    "a|b",
    "`x` | `y`",
    "\\|",
    "<script>alert(1)</script>",
    "---",
    "a\n---\nb\n# c",
    "![x](http://a)",
    "*a* _b_ ~c~",
]
SAFE = {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li", "pre"}
EVERYTHING = ("parquet", "webdataset", "corpus", "verdicts")


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (9_999, "1K<n<10K"), (10_000, "10K<n<100K"),
        (10**9 - 1, "100M<n<1B"), (10**9, "1B<n<10B"), (10**12 - 1, "100B<n<1T"), (10**12, "n>1T"),
    ],
)  # fmt: skip
def test_sizes_on_both_sides_of_their_bounds(rows: int, category: str) -> None:
    assert size_category(rows) == category


def test_the_size_is_that_of_the_rows_that_load() -> None:
    numbers = {"raw": 5000, "kept": 900, "records": 800}
    sizes = [front_matter(card(corpus(name, "verdicts", **numbers)))["size_categories"] for name in EVERYTHING[:3]]
    assert sizes == [["n<1K"], ["n<1K"], ["1K<n<10K"]]


def test_configs_of_each_set_of_folders() -> None:
    found = {
        folders: [(one["config_name"], one["data_files"]) for one in front_matter(card(corpus(*folders)))["configs"]]
        for folders in (EVERYTHING, EVERYTHING[1:], EVERYTHING[2:], ("parquet",), ("corpus",), ())
    }
    verdicts = ("verdicts", "verdicts/*.parquet")
    assert found == {
        EVERYTHING: [("default", "parquet/*.parquet"), verdicts],
        EVERYTHING[1:]: [("default", "webdataset/*.tar")],
        EVERYTHING[2:]: [verdicts],
        ("parquet",): [("default", "parquet/*.parquet")],
        ("corpus",): [verdicts],
        (): [verdicts],
    }


def test_rules_have_the_numbers_of_the_run() -> None:
    described = {"mine": {"sentence": "Drops a | b in /home/me/list.txt", "needs": ["text"], "enabled": True}}
    made = corpus("verdicts", rule_descriptions=described, not_asked={})
    made.manifest["config"]["filters"]["mine"] = {"list": "/home/me/list.txt", "enabled": True}
    made.manifest["config"]["filters"]["porn"]["model"] = "/home/me/nsfw.onnx"
    rows = {row[0]: row[1:] for row in Rendered(card(made)).rows if len(row) == 4}
    assert rows["short_side"] == [ShortSide().sentence(), "4", "4"]
    assert rows["word_count"][1:] == ["0", "0"]
    assert rows["mine"][0] == "Drops a | b in list.txt"
    assert rows["porn"][0] == "Porn score of nsfw.onnx over 0.2"
    assert b"/home" not in card(made) and b"nsfw.onnx" in card(made)


def test_settings_that_differ_from_the_defaults() -> None:
    settings = [("filters.short_side.min_pixels", "256"), ("name", "mine"), ("train.seed", "7")]
    words = Rendered(card(corpus("verdicts", settings=settings))).words
    assert "filters.short_side.min_pixels: 256" in words and 'name: "mine"' in words and "train" not in words
    assert "Settings: the defaults" in Rendered(card(corpus("verdicts"))).words


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_the_data_is_markup(hostile: str) -> None:
    statistics = {"language": counted(**{hostile: (5, 3)}), "licence": counted(**{hostile: (9, 6)})}
    inputs, parent = [{"name": hostile}], {"name": hostile, "sha256": "0"}
    made = corpus(*EVERYTHING, statistics=statistics, inputs=inputs, parent=parent)
    made.manifest["config"]["name"] = hostile
    rendered, front = Rendered(card(made)), front_matter(card(made))
    assert {*rendered.tags} <= SAFE
    line = " ".join(hostile.split())
    assert [row for row in rendered.rows if row[0] == line] == [[line, "5", "3"], [line, "9", "6"]]
    assert front["pretty_name"] == hostile
    assert (front["license"], front["license_name"]) == ("other", line)


def test_a_licence_hides_no_characters() -> None:
    statistics = {"licence": counted(**{"\u202eRTL": (9, 6)})}
    text = card(corpus("verdicts", statistics=statistics)).decode()
    assert front_matter(text.encode())["license_name"] == "[U+202E]RTL" and "\u202e" not in text


def test_languages_are_those_of_kept_pairs_with_a_code() -> None:
    found = counted(**{"en": (9, 1), "pt-BR": (9, 5), "pt": (1, 1), "no": (3, 2), "fr": (9, 0), "english": (1, 1)})
    front = front_matter(card(corpus("verdicts", statistics={"language": found})))
    assert front["language"] == ["pt", "no", "en"]
    assert "language" not in front_matter(card(corpus("verdicts")))


def test_a_licence_counts_if_it_is_the_only_one() -> None:
    def of(**counts: tuple[int, int]) -> str | None:
        made = corpus("verdicts", statistics={"licence": counted(**counts)})
        return front_matter(card(made)).get("license")

    assert of(**{"CC BY 4.0": (7, 6), "MIT": (3, 0)}) == "cc-by-4.0"
    assert of(**{"CC BY 4.0": (7, 5)}) is None  # a kept pair of six has none
    assert of(**{"CC BY 4.0": (7, 5), "MIT": (3, 1)}) is None
    assert of(**{"": (10, 6)}) is None and of(**{"not given": (10, 6)}) is None


@pytest.mark.parametrize(
    ("stated", "known"),
    [
        ("CC-BY-SA-4.0", "cc-by-sa-4.0"),
        ("https://creativecommons.org/licenses/by-nc/2.0/deed.de", "cc-by-nc-2.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0"),
        ("CC0 1.0", "cc0-1.0"),
        ("CC0 (US gov)", None),
        ("all rights reserved", None),
    ],
)
def test_licences_by_name_and_by_address(stated: str, known: str | None) -> None:
    assert identifier(stated) == known


def test_columns_of_samples_are_of_the_types_that_json_has() -> None:
    pairs = pa.map_(pa.string(), pa.date32())
    carried = pa.schema(
        [
            ("wide", pa.list_(pa.uint64())),
            ("a", pa.int16()),
            ("b", pa.binary()),
            ("c", pa.float32()),
            ("d", pa.list_(pa.timestamp("us"), 2)),
            ("e", pairs),
        ]
    )
    front = front_matter(card(corpus("webdataset", carried=carried)))
    (about,) = (one["struct"] for one in front["dataset_info"]["features"] if one["name"] == "json")
    entry = [{"name": "key", "dtype": "string"}, {"name": "value", "dtype": "string"}]
    assert about[5:] == [
        {"name": "a", "dtype": "int16"},
        {"name": "b", "dtype": "string"},
        {"name": "c", "dtype": "float64"},
        {"name": "d", "list": "string"},
        {"name": "e", "list": entry},
    ]


def test_maps_are_left_out_of_verdicts_and_are_texts_of_pairs() -> None:
    made = corpus("parquet", "verdicts", carried=pa.schema([("tags", pa.map_(pa.string(), pa.string()))]))
    front = front_matter(card(made))
    assert [("columns" in one, one["config_name"]) for one in front["configs"]] == [
        (False, "default"),
        (True, "verdicts"),
    ]
    assert "tags" not in front["configs"][1]["columns"]
    assert made.columns("parquet").field("tags").type == pa.string()


def test_opt_outs_are_those_that_the_run_knows() -> None:
    pages = {"opt_out": 12, "pages": 40}
    assert "12 pages with images opt out" in Rendered(card(corpus("verdicts", pages=pages))).words
    assert "not read by this run" in Rendered(card(corpus("verdicts"))).words


def test_what_is_not_known_is_said() -> None:
    absent = Rendered(card(corpus("verdicts"))).words
    null = Rendered(card(corpus("verdicts", statistics={"language": None, "licence": None}))).words
    assert absent.count("Not known: the run counted nothing by it.") == 2
    assert "none was identified" in null and "the input states none" in null
