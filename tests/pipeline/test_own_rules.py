"""Rules of a user's own: loaded from a file, refused in one line, judged after ours, shown by `report` and `subset`."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from filters import SIGNALS, RuleError, Undecodable, WordCount, check_needs, failures, numbers
from filters.base import bins, decided, dropped, sentence
from pipeline.config import Config, ConfigError, load_config
from pipeline.rule_set import Filters
from tests.support.command import ROOT
from tests.support.own_rules import example, rule_of, write

REVIVE = "import pickle, sys; print(pickle.load(sys.stdin.buffer).filters.own())"
REFUSED = {
    "x = 1\n1 / 0\n": "line 2: ZeroDivisionError: division by zero",
    "def f(:\n": "line 1: SyntaxError: invalid syntax",
    "import sys\n\nsys.exit(3)\n": "line 3: SystemExit: 3",
    "import no_such_module\n": "line 1: ModuleNotFoundError: No module named 'no_such_module'",
    "x = 1\n": "no rule: no class with `reason`, `needs` and `drops`",
    rule_of(('"small"', '"porn"')): "class Small: the name porn is taken; choose another",
    rule_of(('"small"', '"kept"')): "class Small: the name kept is taken; choose another",
    rule_of(('"small"', '"all"')): "class Small: the name all is taken; choose another",
    rule_of(('"small"', '"A-b"')): "class Small: reason 'A-b' is no code of lower-case letters, digits and underscores",
    rule_of()
    + rule_of(("class Small", "class Other")): "class Other: the name small is taken in RULES; choose another",
    rule_of(("@dataclass(frozen=True)\n", "")): "class Small: not a frozen dataclass: @dataclass(frozen=True)",
    rule_of(("frozen=True", "")): "class Small: not a frozen dataclass: @dataclass(frozen=True)",
    rule_of(('    """Drops nothing."""\n', "")): "class Small: no docstring; it is the rule's sentence",
    rule_of(("def drops", "def drop")): "class Small: no drops",
    rule_of(("    enabled: bool = True\n", "")): "class Small: no enabled",
    rule_of(("reason =", "reason: str =")): "class Small: reason is a setting; annotate it as ClassVar, or not at all",
    rule_of(('("words",)', '"words"')): "class Small: needs 'words' is no tuple of names, such as ('words',)",
    rule_of(("enabled: bool = True", "least: int\n    enabled: bool")): "class Small: least has no default",
    rule_of(("enabled: bool", "many: list = None\n    enabled: bool")): "class Small: many is neither bool, int, float",
    rule_of(("enabled: bool = True", "enabled: int = 3")): "class Small: enabled is 3, neither True nor False",
}


def config_with(path: Path, *settings: tuple[str, str]) -> Config:
    return load_config("", [("rules", str(path)), *settings])


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_a_file_that_is_no_good_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        config_with(path)
    message = str(refused.value)
    assert message.startswith(f"rules: {path}") and "\n" not in message
    assert REFUSED[text].replace("RULES", str(path)) in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rule_of(('signals["words"]', 'signals["width"]')), "rule small: KeyError: 'width' (types: words int32)"),
        (rule_of(('len(signals["words"])', "2")), "rule small: drops gave 2 of bool, not 0 booleans"),
        (rule_of(("[False]", "['']"), ('len(signals["words"])', "1")), "rule small: drops gave 1 of string, not 0"),
        (rule_of() + "    bins = lambda self: 3\n", "rule small: TypeError: bins() gave 3, not filters.Bins"),
    ],
)
def test_a_rule_is_tried_before_anything_runs(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config_with(write(tmp_path, text))
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("nowhere.py", "rules: nowhere.py: No such file or directory"),
        ("[1]", "rules: [1] is no list of Python files"),
        ("{a: b}", "rules: {'a': 'b'} is no list of Python files"),
    ],
)
def test_a_setting_that_names_no_file(rules: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config("", [("rules", rules)])
    assert str(refused.value) == message


def test_settings_of_such_a_rule_are_settings(tmp_path: Path) -> None:
    path = write(tmp_path, example())
    tree = f"rules: [{path}]\nfilters:\n  low_similarity: {{min_similarity: 0.5}}\n"
    (rule,) = load_config(tree).filters.own()
    assert dataclasses.asdict(rule) == {"min_similarity": 0.5, "enabled": True}
    (rule,) = load_config(tree, [("filters.low_similarity.min_similarity", "-1")]).filters.own()
    assert rule.min_similarity == -1
    assert load_config(tree, [("filters.low_similarity.enabled", "no")]).filters.enabled() == Filters().enabled()
    assert load_config("filters: {}", [("rules", "")]).filters == Filters()
    for name, message in (
        ("least", "no such setting; filters.low_similarity has min_similarity"),
        ("enabled", "3 is "),
    ):
        with pytest.raises(ConfigError, match=rf"^filters\.low_similarity\.{name}: {message}"):
            load_config(tree, [(f"filters.low_similarity.{name}", "3")])


def test_files_and_classes_keep_their_order(tmp_path: Path) -> None:
    first = write(
        tmp_path, rule_of(('"small"', '"z"')) + rule_of(("class Small", "class B"), ('"small"', '"y"')), "1.py"
    )
    second = write(
        tmp_path, "from filters import ShortSide\n" + rule_of(('"small"', '"a"')) + "class _Helper:\n    needs = 1\n"
    )
    config = load_config("", [("rules", f"{first},{second}")])
    assert [rule.reason for rule in config.filters.own()] == ["z", "y", "a"]
    assert config.filters.enabled() == [*Filters().enabled(), *config.filters.own()]


def test_postponed_annotations(tmp_path: Path) -> None:
    head = "from __future__ import annotations\n\nfrom typing import ClassVar\n"
    text = head + rule_of(("reason =", "reason: ClassVar[str] ="), ("needs =", "needs: ClassVar[tuple[str, ...]] ="))
    assert [rule.reason for rule in config_with(write(tmp_path, text)).filters.own()] == ["small"]


@pytest.mark.slow
def test_a_config_reaches_a_process_that_has_no_file(tmp_path: Path) -> None:
    path = write(tmp_path, example())
    config = config_with(path, ("filters.low_similarity.min_similarity", "0.5"))
    path.unlink()
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(config) == hash(pickle.loads(pickle.dumps(config)))
    (rule,) = config.filters.own()
    assert pickle.loads(pickle.dumps(rule)) == rule
    words = [sys.executable, "-c", REVIVE]
    printed = subprocess.run(words, input=pickle.dumps(config), capture_output=True, check=True, cwd=ROOT).stdout
    assert printed.decode().strip() == "[LowSimilarity(min_similarity=0.5, enabled=True)]"


def test_words_have_defaults(tmp_path: Path) -> None:
    (similarity,) = config_with(write(tmp_path, example())).filters.own()
    says = "Drops a pair whose similarity is under min_similarity, and keeps an equal one"
    assert sentence(similarity) == f"{says} (min_similarity=0.28)"
    assert decided(similarity, {"similarity": 0.1234567}) == "similarity 0.123457, min_similarity=0.28"
    (small,) = config_with(write(tmp_path, rule_of())).filters.own()
    assert (sentence(small), decided(small, {"words": 3}), bins(small)) == ("Drops nothing", "words 3", None)


class Faulty(WordCount):
    """Returns something else than a boolean a pair."""

    def drops(self, signals: object) -> object:
        return [True]


def test_a_rule_gives_a_boolean_a_pair() -> None:
    columns = {"words": [1, 2, 3]}
    with pytest.raises(RuleError, match=r"^rule word_count: drops gave 1 of bool, not 3 booleans$"):
        failures([Faulty()], columns, 3)
    assert dropped(Faulty(), {"words": [1]}).tolist() == [True]


def test_a_need_that_nothing_measures_is_refused_by_name() -> None:
    class Measures(WordCount):
        reason, needs = "text_length", ("characters",)

    with pytest.raises(
        ValueError, match=r"^rule text_length needs the signal characters, which nothing measures; the"
    ) as e:
        Filters(word_count=Measures())
    assert str(e.value).endswith(", ".join(name for name in SIGNALS if name not in ("kept", "reasons")))
    check_needs(Undecodable())


def test_a_rule_that_raises_is_named(tmp_path: Path) -> None:
    text = rule_of(
        ('[False] * len(signals["words"])', '[1 / (words - 3) > 0 for words in signals["words"].to_pylist()]')
    )
    (rule,) = config_with(write(tmp_path, text)).filters.own()
    assert dropped(rule, {"words": pa.array([1, 4])}).tolist() == [False, True]
    with pytest.raises(RuleError, match=r"^rule small: ZeroDivisionError: division by zero$"):
        dropped(rule, {"words": pa.array([1, 3])})


def test_numbers_of_any_column() -> None:
    texts = pa.array(["0.5", " -2 ", "1e3", ".5", "x", "", None, "1e999", "nan", "0x10"])
    assert numbers(texts).to_pylist() == [0.5, -2.0, 1000.0, 0.5, None, None, None, None, None, None]
    assert numbers(pa.array([1.5, float("nan"), float("inf"), None])).to_pylist() == [1.5, None, None, None]
    assert numbers(pa.array([2**60, None])).to_pylist() == [2.0**60, None]
