"""Loading statistics by name; each error is one line that names the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

import stats
from exercise_config import Config
from stats.loading import NO_PLUGINS, StatisticError, available, load

GOOD = """
from stats.statistic import HITS
from traffic.records import Request


class Plugin:
    name, title, unit, record = "NAME", "A title", HITS, Request

    def key(self, request):
        return "all"
"""

COLUMNS = GOOD.replace("def key(self, request)", 'columns = ("domain", "path")\n\n    def key(self, domain, path)')

Drop = Callable[[str, str], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drop:
    """Returns a function that adds a file to a second folder of statistics."""
    monkeypatch.setattr(stats, "__path__", [*stats.__path__, str(tmp_path)])

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text.replace("NAME", name))

    return write


def test_the_default_statistics_load_in_order() -> None:
    assert [statistic.name for statistic in load(Config.statistics)] == list(Config.statistics)


def test_each_file_of_the_folder_is_a_statistic_of_that_name() -> None:
    names = available()
    alone = [name for name in names if "per_network" not in name]  # these need a file
    assert [statistic.name for statistic in load(alone)] == alone
    assert {path.stem for path in Path(stats.__file__).parent.glob("*.py")} - {*names, *NO_PLUGINS} == {"__init__"}


def test_a_new_file_is_found(drop: Drop) -> None:
    drop("dropped_in", GOOD)
    (statistic,) = load(["dropped_in"])
    assert (statistic.title, statistic.key(None)) == ("A title", "all")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("top_domain", "no statistic 'top_domain'; did you mean 'top_domains'?"),
        ("xyz", "no statistic 'xyz'; available: connect_time_per_server, connections_by_use, "),
        ("loading", "no statistic 'loading'"),
        ("../exercise", "no statistic '../exercise'"),
        ("", "no statistic ''"),
    ],
)
def test_an_unknown_name_suggests_the_closest(name: str, text: str) -> None:
    with pytest.raises(StatisticError) as caught:
        load(["request_rate", name])
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_listed_twice_is_refused() -> None:
    with pytest.raises(StatisticError, match="statistic 'top_methods' is listed twice"):
        load(["top_methods", "request_rate", "top_methods"])


BROKEN = {
    "syntax_error": ("class (:\n", "cannot be loaded: SyntaxError: "),
    "missing_module": ("import no_such_module_at_all\n", "cannot be loaded: ModuleNotFoundError: No module named"),
    "raises_when_made": (GOOD + "\n    def __init__(self):\n        raise ValueError('two\\nlines')\n", "two lines"),
    "no_class": ("x = 1\n", "needs exactly one class with name = 'no_class', and has 0"),
    "other_name": (GOOD.replace("NAME", "something"), "needs exactly one class with name = 'other_name', and has 0"),
    "two_classes": (GOOD + GOOD.replace("Plugin", "Again"), "and has 2"),
    "no_title": (GOOD.replace('"A title"', '""'), "title must be text"),
    "no_unit": (GOOD.replace("HITS, Request", '"hits", Request'), "unit must be HITS, BYTES or SECONDS"),
    "no_record": (
        GOOD.replace("HITS, Request", 'HITS, "Request"'),
        "record must be a class such as Request or Exchange",
    ),
    "no_key": (GOOD.replace("def key", "def keys"), "needs a method key(record)"),
    "no_amount": (GOOD.replace("HITS", "BYTES"), "bytes and seconds need an amount: a method or the name of a column"),
    "bad_amount": (GOOD + "\n    amount = 5\n", "amount must be a method with key(record)"),
    "method_and_columns": (
        COLUMNS + "\n    def amount(self, host):\n        return 1\n",
        "the name of a column with columns",
    ),
    "no_such_column": (COLUMNS.replace("domain", "domian"), "Request has no column 'domian'; did you mean 'domain'?"),
    "no_such_amount": (COLUMNS + "\n    amount = 'answer'\n", "Request has no column 'answer'; available: "),
    "amount_of_text": (
        COLUMNS + "\n    amount = 'domain'\n",
        "Request has no column 'domain'; available: client_port, ",
    ),
    "no_method_where": (COLUMNS + "\n    where = True\n", "where must be a method: where(table)"),
    "one_text": (COLUMNS.replace('("domain", "path")', '"domain"'), "columns must be names, such as"),
    "too_few": (
        COLUMNS.replace(", path):", "):"),
        "key must have a parameter for each column: key(self, domain, path)",
    ),
    "no_key_of_columns": (COLUMNS.replace("def key", "def keys"), "needs a method key(domain, path)"),
    "no_table": (COLUMNS.replace("HITS, Request", "HITS, str"), "str has no columns; use key(record)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_breaks_the_contract_is_named_with_the_reason(name: str, drop: Drop, tmp_path: Path) -> None:
    text, reason = BROKEN[name]
    drop(name, text)
    with pytest.raises(StatisticError) as caught:
        load([name])
    line = str(caught.value)
    assert line.startswith(str(tmp_path / f"{name}.py"))
    assert reason in line
    assert "\n" not in line
