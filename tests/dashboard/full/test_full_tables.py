"""Tables of the full screen: columns, order, the chosen row."""

import re
from dataclasses import replace
from datetime import timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import ended, request
from view_samples import ACTIVE, CALM, ENDED, NOW

from alerting.alert import Contributor, SignalUnit
from dashboard.full import exchanges
from dashboard.full.alerts import alert_content, alert_facts
from dashboard.full.panels import in_order, natural, panel_content, sortable
from dashboard.full.table import (
    Entry,
    Sorting,
    TableColumn,
    TableContent,
    TableState,
    column_at,
    column_widths,
    marked,
    table_lines,
)
from dashboard.full.table_pane import Choice
from stats.statistic import BYTES, HITS, SECONDS, Unit
from traffic.records import TIMEOUT
from view import figures
from view.cells import cells
from view.exchange_line import Discretion
from view.page import Line, Page, Piece, Style
from view.panel import Measure, Panel, ResponseTimes, Row

NOTHING = Row("(other)", Measure(0, 0), Measure(0, 0))


def row(key: str, count: int, volume: int = 0, average: float | None = None, trend: tuple[int, ...] = ()) -> Row:
    times = None if average is None else ResponseTimes(average, average, average, 2 * average, 3 * average, 4 * average)
    return Row(key, Measure(0, 0), Measure(count, volume or count, volume, times), trend)


def with_errors(row: Row, client: int, server: int) -> Row:
    return replace(row, window=replace(row.window, client_errors=client, server_errors=server))


def panel(*rows: Row, unit: Unit = HITS, other: Row = NOTHING) -> Panel:
    whole = [each.window for each in (*rows, other)]
    return Panel("top", "Top", unit, rows, other, Measure(sum(m.count for m in whole), sum(m.total for m in whole)))


ROWS = (
    row("shop/cart", 60, 6000, 0.010, (1, 2, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
    row("shop/reports", 30, 90_000, 1.5),
    row("", 10, 0),
)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines]


def table(panel: Panel, width: int, state: TableState, ascii_only: bool = False) -> list[str]:
    page = Page(width, 6, ascii_only)
    return texts(table_lines(panel_content(panel, natural(panel), slice(None), page), state, page))


def test_a_wide_table_has_all_columns() -> None:
    other = row("(other)", 100, 500)
    rows = (ROWS[0], with_errors(ROWS[1], 3, 12), ROWS[2])
    assert table(panel(*rows, other=other), 108, TableState(True, "1", 1, "hits")) == [
        "1 Top                                    ▼hits   share    4xx    5xx   volume  average      p95 trend",
        "  shop/cart                                 60  30.0 %      0      0   6.0 kB  10.0 ms  20.0 ms ▂▂ ▃▄▅▅▆▆▇▇█",
        "▸ shop/reports                              30  15.0 % 10.0 % 40.0 %  90.0 kB   1.50 s   3.00 s",
        "  (empty)                                   10   5.0 %      0      0      0 B        -        -",
        "  (other)                                  100  50.0 %      0      0    500 B        -        -",
    ]


def test_a_narrow_one_keeps_the_key_the_hits_the_p95_and_then_the_errors() -> None:
    headings = [table(panel(*ROWS), width, TableState(False))[0].split() for width in (96, 84, 78, 70, 60, 52, 44)]
    assert headings == [
        ["Top", "hits", "share", "4xx", "5xx", "volume", "average", "p95", "trend"],
        ["Top", "hits", "share", "4xx", "5xx", "volume", "average", "p95"],
        ["Top", "hits", "4xx", "5xx", "volume", "average", "p95"],
        ["Top", "hits", "4xx", "5xx", "average", "p95"],
        ["Top", "hits", "4xx", "5xx", "p95"],
        ["Top", "hits", "5xx", "p95"],
        ["Top", "hits", "p95"],
    ]


def test_a_table_of_packets_has_no_errors() -> None:
    packets = replace(panel(*ROWS), responses=False)
    assert table(packets, 96, TableState(False))[0].split() == ["Top", "hits", "share", "trend"]
    assert not {"4xx", "5xx"} & set(sortable(packets))


def test_a_table_has_the_columns_that_its_statistic_can_fill() -> None:
    def columns(unit: Unit) -> tuple[list[str], list[str]]:
        counted = replace(panel(*ROWS, unit=unit), responses=False)
        content = panel_content(counted, natural(counted), slice(None), Page(108, 6))
        assert {len(entry.texts) for entry in content.entries} == {len(content.columns)}
        return [column.name for column in content.columns], sorted(sortable(counted))

    assert columns(HITS) == (["key", "hits", "share", "trend"], ["hits", "key"])
    assert columns(BYTES) == (["key", "hits", "share", "bytes", "trend"], ["bytes", "hits", "key"])
    assert columns(SECONDS) == (
        ["key", "hits", "share", "average", "p95", "trend"], ["average", "hits", "key", "p95"],
    )  # fmt: skip


def test_rows_are_sorted_by_their_share_of_errors() -> None:
    rows = (with_errors(ROWS[0], 0, 6), with_errors(ROWS[1], 9, 12), ROWS[2])
    assert [each.key for each in in_order(panel(*rows), Sorting("5xx"))] == ["shop/reports", "shop/cart", ""]
    assert [each.key for each in in_order(panel(*rows), Sorting("4xx"))] == ["shop/reports", "shop/cart", ""]
    assert [each.key for each in in_order(panel(*rows), Sorting("4xx", False))] == ["shop/cart", "", "shop/reports"]


def test_in_ascii() -> None:
    lines = table(panel(*ROWS), 96, TableState(True, "1", 0, "hits", False), ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert "^hits" in lines[0]
    assert lines[1].startswith("> shop/cart")


def test_bytes_are_shown_where_bytes_are_counted() -> None:
    lines = table(panel(ROWS[1], ROWS[0], unit=BYTES), 108, TableState(False, sorted_by="bytes"))
    assert lines == [
        "  Top                                     hits   share    4xx    5xx   ▼bytes  average      p95 trend",
        "  shop/reports                              30  93.8 %      0      0  90.0 kB   1.50 s   3.00 s",
        "  shop/cart                                 60   6.2 %      0      0   6.0 kB  10.0 ms  20.0 ms ▂▂ ▃▄▅▅▆▆▇▇█",
    ], "the share is that of the bytes"


@pytest.mark.parametrize(("unit", "first"), [(HITS, "hits"), (BYTES, "bytes"), (SECONDS, "average")])
def test_each_is_ranked_first_as_its_statistic_is(unit: Unit, first: str) -> None:
    one = panel(*ROWS, unit=unit)
    assert natural(one) == Sorting(first)
    assert sortable(one)[0] == first
    assert len(set(sortable(one))) == 7
    assert in_order(one, natural(one)) is one.rows


@pytest.mark.parametrize(
    ("sorting", "keys"),
    [
        (Sorting("hits", False), ["", "shop/reports", "shop/cart"]),
        (Sorting("volume"), ["shop/reports", "shop/cart", ""]),
        (Sorting("p95"), ["shop/reports", "shop/cart", ""]),
        (Sorting("p95", False), ["shop/cart", "shop/reports", ""]),
        (Sorting("average"), ["shop/reports", "shop/cart", ""]),
        (Sorting("key"), ["", "shop/cart", "shop/reports"]),
        (Sorting("key", False), ["shop/reports", "shop/cart", ""]),
    ],
)
def test_what_has_no_value_comes_last_either_way(sorting: Sorting, keys: list[str]) -> None:
    assert [each.key for each in in_order(panel(*ROWS), sorting)] == keys


def test_a_slice_under_way_looks_no_lower_than_it_will_be() -> None:
    steady = replace(panel(row("shop", 130, trend=(40, 40, 40, 10))), slice_width=300.0, slice_elapsed=75.0)
    assert figures.trend(steady.rows[0], steady) == (40, 40, 40, 40)
    assert table(steady, 96, TableState(True))[1].endswith("████")
    assert figures.trend(row("shop", 0), steady) == ()


def test_the_heading_knows_which_column_is_pressed() -> None:
    page = Page(96, 6)
    content = panel_content(panel(*ROWS), Sorting("hits"), slice(None), page)
    line = texts([table_lines(content, TableState(False), page)[0]])[0]
    widths = column_widths(content, 96)
    for name in ("hits", "volume", "average", "p95"):
        assert column_at(content, widths, line.index(name)) == name
    assert column_at(content, widths, line.index("share")) == "", "in the order of hits anyway"
    assert column_at(content, widths, line.index("Top")) == "key"
    assert column_at(content, widths, 300) == ""


def test_what_was_looked_for_is_marked() -> None:
    assert marked("Shop/shoping", "shop", Style.PLAIN) == [
        Piece("Shop", Style.FOUND),
        Piece("/"),
        Piece("shop", Style.FOUND),
        Piece("ing"),
    ]
    assert marked("İx", "x", Style.PLAIN) == [Piece("İx")], "folding changes its length: rather nothing than the wrong"


@given(st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**12)), max_size=8), st.integers(40, 200))
def test_no_row_is_wider_than_its_page(rows: list[tuple[str, int]], width: int) -> None:
    one = panel(*(row(key, count, count * 1000, count / 1e6) for key, count in rows))
    page = Page(width, 12)
    lines = table_lines(panel_content(one, natural(one), slice(None), page), TableState(True, "1", 0, "hits"), page)
    assert len(lines) <= 12
    assert all(sum(cells(piece.text) for piece in line) <= width for line in lines)


# Exchanges --------------------------------------------------------------------------------------------------------

CLIENT, SHOP = "10.0.0.7", "shop.example.com"
SLOW = ended(request(10.0, client=CLIENT, host=SHOP, target="/reports?token=secret"), 200, 1.5, response_bytes=60_000)
FAST = ended(request(11.0, client=CLIENT, host=f"user:pw@{SHOP}"), 404, 0.001, response_bytes=10)
SILENT = ended(request(12.0, client=CLIENT, host=SHOP), None, 0, response_bytes=0, ending=TIMEOUT)


def test_an_exchange_is_a_row_that_tells_no_more_than_the_log() -> None:
    page = Page(100, 5)
    content = exchanges.exchange_content("Exchanges", (SLOW, FAST, SILENT), Discretion(), page)
    rows = [entry.texts[1:] for entry in content.entries]
    assert rows == [
        ("200", "GET", "shop.example.com/reports", "1.50 s", "60.0 kB", "10.0.0.7"),
        ("404", "GET", "***@shop.example.com/", "1.0 ms", "10 B", "10.0.0.7"),
        ("timeout", "GET", "shop.example.com/", "-", "0 B", "10.0.0.7"),
    ]
    told = exchanges.exchange_content("Exchanges", (SLOW,), Discretion(queries=True), page)
    assert told.entries[0].texts[3] == "shop.example.com/reports?token=secret"


def test_exchanges_in_order() -> None:
    every = (FAST, SILENT, SLOW)
    assert exchanges.in_order(every, exchanges.NATURAL) is every
    assert list(exchanges.in_order(every, Sorting("response"))) == [SLOW, FAST, SILENT]
    assert list(exchanges.in_order(every, Sorting("response", False))) == [FAST, SLOW, SILENT]
    assert list(exchanges.in_order(every, Sorting("status"))) == [FAST, SLOW, SILENT]


# The chosen row ---------------------------------------------------------------------------------------------------


def test_nobody_chose_a_row_so_the_first_one_is_meant() -> None:
    choice = Choice().settled(["a", "b"], 5).settled(["b", "a"], 5)
    assert (choice.identity, choice.index) == ("b", 0)


def test_a_choice_stays_with_its_row_and_with_its_place_when_that_is_gone() -> None:
    choice = Choice().settled(["a", "b", "c"], 5).at(1, ["a", "b", "c"], 5)
    moved = choice.settled(["b", "a", "c"], 5)
    assert (moved.identity, moved.index) == ("b", 0)
    gone = choice.settled(["a", "c"], 5)
    assert (gone.identity, gone.index) == ("c", 1)
    assert Choice().settled([], 5).identity is None


def test_a_choice_that_follows_is_the_last_row() -> None:
    choice = Choice(follows=True).settled(["a", "b"], 1)
    assert (choice.identity, choice.first) == ("b", 1)
    assert choice.settled(["a", "b", "c"], 1).identity == "c"
    assert choice.following(False).at(0, ["a", "b", "c"], 1).settled(["a", "b", "c", "d"], 1).identity == "a"


@given(st.lists(st.tuples(st.integers(-5, 60), st.integers(0, 50), st.integers(1, 30)), max_size=20))
def test_the_chosen_row_is_always_seen_and_no_line_is_left_empty(moves: list[tuple[int, int, int]]) -> None:
    choice = Choice()
    for index, count, rows in moves:
        identities = [str(number) for number in range(count)]
        choice = choice.settled(identities, rows).at(index, identities, rows)
        assert choice.first <= choice.index < choice.first + rows or not count
        assert 0 <= choice.first <= max(0, count - rows)


def test_a_column_without_width_takes_what_is_left() -> None:
    content = TableContent(
        "T",
        (TableColumn("a", 3), TableColumn("rest", left=True), TableColumn("b", 5, spare=1)),
        (Entry("1", ("1", "2", "3")),),
    )
    assert column_widths(content, 60) == (3, 48, 5)
    assert column_widths(content, 30) == (3, 24, 0)


def test_an_alert_names_its_server_and_its_main_contributor() -> None:
    slow = replace(
        ACTIVE,
        title="Response time",
        subject="10.0.0.21:8080",
        unit=SignalUnit.SECONDS,
        contributors=(Contributor("client", "203.0.113.9", 590, 0.921),),
    )
    page = Page(140, 6, zone=timezone.utc)
    content = alert_content(replace(CALM, alerts=(slow, ENDED)), slice(None), page)
    lines = texts(table_lines(content, TableState(False), page))
    assert re.search(r"Response time of 10.0.0.21:8080 +1,844 s +1,320 s active  client 203.0.113.9  92.1 %$", lines[1])
    assert re.search(r"2 min Request rate +1,502 +1,320$", lines[2])
    narrow = Page(78, 6, zone=timezone.utc)
    content = alert_content(replace(CALM, alerts=(slow, ENDED)), slice(None), narrow)
    assert re.search("signal +value +limit main contrib", texts(table_lines(content, TableState(False), narrow))[0])


def test_the_page_of_an_alert_names_the_folder_with_its_evidence() -> None:
    page = Page(80, None, False, timezone.utc)
    facts = {fact.name: fact.value for fact in alert_facts(replace(ACTIVE, incident="/incidents/a\nb"), NOW, page)}
    assert facts["Evidence"] == r"/incidents/a\nb"
    assert "Evidence" not in {fact.name for fact in alert_facts(ACTIVE, NOW, page)}


@pytest.mark.parametrize(
    ("client", "facts"),
    [
        ("10.0.0.1", [("Client", "10.0.0.1:50000", "client=10.0.0.1")]),
        (
            "203.0.113.9",
            [("Client", "203.0.113.9", "client=203.0.113.9"), ("Proxy", "10.0.0.1:50000", "source=10.0.0.1")],
        ),
    ],
)
def test_details_name_the_client_and_the_proxy_that_named_it(client: str, facts: list[tuple[str, str, str]]) -> None:
    one = ended(request(client=client, source="10.0.0.1"))
    told = exchanges.exchange_facts(one, Discretion(), Page(80))
    assert [tuple(fact) for fact in told if fact.name in ("Client", "Proxy")] == facts


def test_the_peer_tells_exchanges_apart() -> None:
    """Two proxies may name one client at the same moment, with the same port."""
    one = ended(request(client="203.0.113.9", source="10.0.0.1"))
    assert exchanges.identity(one) != exchanges.identity(one._replace(source="10.0.0.2"))
