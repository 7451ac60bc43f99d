"""Settings: where they come from, and how a wrong one is refused."""

import pathlib
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.commands.corpus.options import parse
from pipeline.config import Config, ConfigError, load_config

CONFIGS = sorted((pathlib.Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_loads(path):
    assert load_config(path.read_text()).name == path.stem


def test_the_paper_is_the_default():
    paper = load_config((CONFIGS[0].parent / "align.yaml").read_text())
    assert paper == Config()
    numbers = paper.filters
    assert (numbers.short_side.min_pixels, numbers.aspect_ratio.max_ratio) == (200, 3)
    assert (numbers.texts_of_image.max_texts, numbers.images_of_text.max_images) == (1000, 10)
    assert (numbers.rare_ngram.top_k, numbers.rare_ngram.min_count) == (100_000_000, 1)
    assert (numbers.word_count.min_words, numbers.word_count.max_words) == (3, 20)
    assert (numbers.porn.max_score, numbers.porn.model) == (0.2, "open_nsfw")
    assert (numbers.undecodable.max_pixels, paper.input.rows_per_shard) == (89_478_485, 20_000)


def test_fast_is_for_open_nsfw_alone():
    flags = [("filters.porn.speed", "fast"), ("filters.porn.model", "mine.onnx")]
    with pytest.raises(ConfigError, match=r"filters\.porn\.speed: fast is for open_nsfw alone; a model by path needs"):
        load_config("", flags)


def test_flags_are_put_over_the_file():
    text = "filters: {short_side: {min_pixels: 256}}"
    flags = [("filters.porn.enabled", "false"), ("filters.rare_ngram.top_k", "1e6"), ("input.columns.text", "0")]
    config = load_config(text, flags)
    assert config.filters.short_side.min_pixels == 256
    assert not config.filters.porn.enabled
    assert config.filters.rare_ngram.top_k == 1_000_000
    assert config.input.columns.text == "0"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "filters.short_side.min_pixel",
            "1",
            "filters.short_side.min_pixel: no such setting; filters.short_side has min_pixels, enabled",
        ),
        ("filters.undecodable.enabled", "false", "filters.undecodable has max_pixels"),
        ("filter.porn.enabled", "false", "filter: no such setting; the config has name, measure, text"),
        ("filters.short_side.min_pixels", "wide", "filters.short_side.min_pixels: 'wide' is not a whole number"),
        ("filters.short_side.min_pixels", "1.5", "1.5 is not a whole number"),
        ("filters.short_side.min_pixels", "-1", "-1 is under 0"),
        ("filters.short_side.min_pixels", str(1 << 63), "min_pixels: 9223372036854775808 is not under 2^63"),
        ("filters.texts_of_image.max_texts", "1e30", "max_texts: '1e30' is not under 2^63"),
        ("input.rows_per_shard", str(-(1 << 63) - 1), "-9223372036854775809 is not from -2^63 on"),
        ("filters.porn.max_score", "1.01", "filters.porn.max_score: 1.01 is over 1; scores are from 0 to 1"),
        ("filters.porn.max_score", "20", "filters.porn.max_score: 20 is over 1; scores are from 0 to 1"),
        ("filters.short_side", "3", "filters.short_side: 3 is no section; filters.short_side has min_pixels"),
        ("filters.porn.enabled", "0", "filters.porn.enabled: 0 is not true or false"),
        ("text.profile", "cased", "text.profile: 'cased'; the choices are uncased, multilingual"),
        ("measure", "some", "measure: 'some'; the choices are needed, all"),
        ("input.on_bad_file", "ignore", "input.on_bad_file"),
        ("input.rows_per_shard", "0", "input.rows_per_shard"),
        ("output.formats", "1", "output.formats: 1 is no list, such as [a, b]"),
        ("output.formats", "", "output.formats: empty; the choices are tfrecord, webdataset, parquet"),
        ("output.formats", "tfrecord, zip", "output.formats: no such choice: 'zip'; the choices are tfrecord, web"),
        ("output.formats", "[]", "output.formats: empty; the choices are tfrecord, webdataset, parquet"),
        ("output.formats", "[tfrecord, zip]", "output.formats: no such choice: 'zip'; the choices are tfrecord, web"),
        ("output.formats", "[parquet, parquet]", "output.formats: parquet is named twice"),
        ("output.format", "[parquet]", "output.format: no such setting; output has formats"),
        ("name", "a/b", "name: 'a/b'"),
        ("filters.porn.speed", "slow", "filters.porn.speed: no such speed: slow; the speeds are exact, fast"),
        ("filters.porn.preparation.scale", "1", "filters.porn.preparation: open_nsfw has its own"),
        ("filters.porn.preparation.mean", "1", "filters.porn.preparation.mean: 1 is no list of 3, such as [a, b, c]"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_path(path, value, message):
    with pytest.raises(ConfigError) as error:
        load_config("", [(path, value)])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_largest_numbers_that_can_be_used_are_taken():
    most = str((1 << 63) - 1)
    assert load_config("", [("filters.short_side.min_pixels", most)]).filters.short_side.min_pixels == (1 << 63) - 1
    for ratio in ("1e300", most, "99999999999999999999"):
        found = load_config("", [("filters.aspect_ratio.max_ratio", ratio)]).filters.aspect_ratio
        assert float(found.max_ratio) == float(ratio)
        table = {"width": pa.array([300], pa.int32()), "height": pa.array([100], pa.int32())}
        assert not pc.any(found.drops(table)).as_py()
    assert [load_config("", [("filters.porn.max_score", score)]).filters.porn.max_score for score in "01"] == [0, 1]


def test_the_order_of_formats_makes_no_difference():
    given = [
        load_config("", [("output.formats", value)]).output for value in ("[parquet,tfrecord]", "[tfrecord,parquet]")
    ]
    assert given[0] == given[1] and given[0].formats == ("tfrecord", "parquet")
    assert load_config("").output.formats == ("tfrecord",)


def test_a_broken_file_is_one_line():
    for text in ("a: [", "- 1", "name: {x: 1}"):
        with pytest.raises(ConfigError) as error:
            load_config(text)
        assert "\n" not in str(error.value)


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        parse(["--input=x", "--output=y", *arguments])
    assert stop.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_options_of_nobody_are_refused_with_the_nearest(capsys):
    assert "--runer: no such option; the nearest is --runner" in refused(capsys, "--runer=X")
    assert "--worker: no such option; the nearest is --workers" in refused(capsys, "--worker=2")
    assert "--overwrit: no such option; the nearest is --overwrite" in refused(capsys, "--overwrit")
    assert "use --workers=N" in refused(capsys, "--direct_running_mode=multi_threading")
    assert "'0' is not a whole number from 1" in refused(capsys, "--workers=0")
    assert "--config=none.yaml: No such file" in refused(capsys, "--config=none.yaml")


def test_beam_options_pass_through():
    options = parse(["--input=a,b", "--output=y", "--runner", "DataflowRunner", "--project=p", "--measure=all"])
    assert options.beam == ("--runner=DataflowRunner", "--project=p")
    assert options.inputs == ("a", "b") and options.config.measure == "all"


@pytest.mark.slow
def test_help_needs_neither_beam_nor_numba():
    modules = "pipeline.commands.corpus.cli, pipeline.commands.corpus.options"
    code = f"import sys, {modules}; sys.exit(bool({{'apache_beam', 'numba'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
