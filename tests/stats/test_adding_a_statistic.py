"""Runs the plug-ins of docs/adding_a_statistic.md as they are printed there."""

import re
from pathlib import Path
from typing import Any

import pytest
from records import exchange, request

import stats
from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch

PAGE = Path(__file__).parents[2] / "docs" / "adding_a_statistic.md"
REQUEST = request(referrer="http://other.com/")
EXCHANGE = exchange(REQUEST)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return a store with every plug-in of the page, each in its own file."""
    names = []
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (name,) = re.findall(r'= "(\w+)"', block)
        (tmp_path / f"{name}.py").write_text(block)
        names.append(name)
    assert names == ["top_servers", "slowest_domains", "top_oddities"]
    monkeypatch.setattr(stats, "__path__", [*stats.__path__, str(tmp_path)])
    return Store(load(names), 10, 60, 100)


def test_the_plug_ins_of_the_page_work(store: Store) -> None:
    records: list[Any] = [REQUEST, REQUEST._replace(referrer=""), EXCHANGE, EXCHANGE._replace(total_time=None)]
    store.add(RecordBatch(records))
    assert store.failures == []
    (server,) = store.top("top_servers", 10).rows
    assert (server.key, server.window.count) == ("10.0.0.5:80", 2)
    (domain,) = store.top("slowest_domains", 10).rows
    assert (domain.key, domain.window.count, domain.window.seconds) == ("my.site.com", 1, 0.5)


def test_the_first_plug_in_has_about_ten_lines() -> None:
    first = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    assert sum(bool(line.strip()) for line in first.splitlines()) <= 10
