"""Reports on a simulated month, whose busiest times are computed by hand."""

import csv
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from history.archive import SqliteArchive
from history.keep import Retention
from history.past import look_back
from history.report import Report, build_report, busiest_times, same_time
from history.report_text import report_csv, report_json, report_text
from history.sums import Minute, StoredAlert
from store.distribution import Distribution, bin_of
from store.sums import Sums
from store.watched import WATCHED
from view.view import HistoryView, PeriodView

UTC = timezone.utc
START = datetime(2026, 10, 1, tzinfo=UTC).timestamp()  # a Thursday
DAY = 86400
DAYS = 45
FACTS = '{"explanation": "High traffic generated an alert"}'
UNITS = {"request_rate": "hits", "top_sections": "hits", "server_response_time": "seconds"}


def load(day: int, hour: int) -> int:
    """Requests of each tenth minute: most at 14:00, half at weekends, and one extreme hour on 21 October."""
    if (day, hour) == (20, 3):
        return 1000
    base = 10 + (20 if 8 <= hour < 18 else 0) + (5 if hour == 14 else 0)
    return base // 2 if datetime.fromtimestamp(START + day * DAY, UTC).weekday() >= 5 else base


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteArchive]:
    archive = SqliteArchive(str(tmp_path_factory.mktemp("history") / "month.db"), Retention(), UNITS, UTC)
    for day in range(DAYS):
        for hour in range(24):
            for minute in range(0, 60, 10):
                archive.write(made(START + day * DAY + hour * 3600 + minute * 60, load(day, hour)))
    archive.write_alert(StoredAlert("request_rate", START + 20 * DAY + 3 * 3600, START + 20 * DAY + 4 * 3600, FACTS))
    yield archive
    archive.close()


def made(start: float, requests: int) -> Minute:
    """Three out of five requests are for the cart; they take 0.1 s, the others 0.02 s."""
    cart, other = requests * 3 // 5, requests - requests * 3 // 5
    sections = {
        "shop/cart": Sums(cart, 1000 * cart, 0.1 * cart, Distribution.of([(bin_of(0.1), cart)])),
        "shop/": Sums(other, 500 * other, 0.02 * other, Distribution.of([(bin_of(0.02), other)])),
    }
    return Minute(
        start,
        {"request_rate": {"requests": Sums(requests)}, "top_sections": sections},
    )


def requests_of(days: range, hours: range = range(24)) -> int:
    return sum(6 * load(day, hour) for day in days for hour in hours)


def week_report(archive: SqliteArchive) -> Report:
    since = START + 28 * DAY
    return build_report(archive, "eth0 port 80", ("top_sections", "hits"), since, since + 7 * DAY, 10, UTC)


def test_busiest_hour_day_week_and_month(archive: SqliteArchive) -> None:
    found = dict(busiest_times(archive, START, START + DAYS * DAY, UTC))
    assert found["hour"] == (START + 20 * DAY + 3 * 3600, 6000)
    assert found["day"] == (START + 20 * DAY, requests_of(range(20, 21)))
    assert found["week"] == (START + 18 * DAY, requests_of(range(18, 25)))  # from Monday 19 October
    assert found["month"] == (START, requests_of(range(31)))


def test_a_day_partly_in_the_span_counts_in_part(archive: SqliteArchive) -> None:
    found = dict(busiest_times(archive, START + DAY + 12 * 3600, START + 2 * DAY + 12 * 3600, UTC))
    first, second = requests_of(range(1, 2), range(12, 24)), requests_of(range(2, 3), range(12))
    assert found["day"] == (START + DAY, first)
    assert first > second
    assert "week" not in found


def test_a_week_compared_with_the_week_before(archive: SqliteArchive) -> None:
    report = week_report(archive)
    assert report.requests == requests_of(range(28, 35))
    assert report.requests_before == requests_of(range(21, 28))
    assert [key for key, _ in report.top.rows] == ["shop/cart", "shop/"]
    assert report.top.rows[0][1].count == sum(6 * (load(d, h) * 3 // 5) for d in range(28, 35) for h in range(24))
    assert report.before["shop/"].count == sum(
        6 * (load(d, h) - load(d, h) * 3 // 5) for d in range(21, 28) for h in range(24)
    )


def test_nothing_is_compared_before_the_start_of_the_history(archive: SqliteArchive) -> None:
    report = build_report(archive, "x", ("top_sections", "hits"), START, START + DAY, 10, UTC)
    assert report.requests_before is None
    assert " before" not in report_text(report, 100, zone=UTC)


def test_the_report_as_text(archive: SqliteArchive) -> None:
    report = build_report(archive, "eth0 port 80", ("top_sections", "hits"), START + 19 * DAY, START + 22 * DAY, 1, UTC)
    assert report_text(report, 100, zone=UTC).split("\n") == [
        "eth0 port 80   2026-10-20 00:00 to 2026-10-23 00:00   3 d",
        "",
        "Requests        13,950   0.05 /s on average   +162 % on the 3 d before",
        "Busiest hour    Wed 2026-10-21 03:00   6,000 requests",
        "Busiest day     Wed 2026-10-21   8,610 requests",
        "Alerts          1, longest 1 h, average 1 h",
        "                2026-10-21 03:00   1 h          High traffic generated an alert",
        "",
        "Sections     hits    share   change   volume   average       p95",
        "shop/cart   8,370   60.0 %   +162 %   8.4 MB    100 ms   99.6 ms",
        "(other)     5,580   40.0 %            2.8 MB",
    ]


def test_the_latest_alerts_are_listed_and_cut_to_the_width(archive: SqliteArchive) -> None:
    report = week_report(archive)
    since = report.since
    alerts = [StoredAlert("volume_out", since + 3600 * hour, since + 3600 * hour + 90, "") for hour in range(12)]
    lines = report_text(report._replace(alerts=tuple(alerts)), 60, zone=UTC).splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("Alerts "))
    assert lines[begin + 1] == "                2026-10-29 00:00   1 min 30 s   volume_out"
    assert lines[begin + 11] == "                and 2 earlier; --json lists them all"
    wide = report_text(report._replace(alerts=(StoredAlert("x", since, None, FACTS),)), 60, zone=UTC).splitlines()
    assert wide[begin + 1] == "                2026-10-29 00:00   7 d          High traff…"


def test_the_rate_is_that_of_the_time_that_was_watched(tmp_path: Path) -> None:
    units = {**UNITS, WATCHED: "seconds"}
    archive = SqliteArchive(str(tmp_path / "parts.db"), Retention(), units, UTC)
    for minute in (0, 1, 120, 121):
        sums = {"request_rate": {"requests": Sums(600)}, WATCHED: {"0": Sums(seconds=60)}, "top_sections": {}}
        archive.write(Minute(START + 60 * minute, sums))
    report = build_report(archive, "x", ("top_sections", "hits"), START, START + 7320, 10, UTC)
    archive.close()
    assert report.watched == 240
    line = next(line for line in report_text(report, 100, zone=UTC).splitlines() if line.startswith("Requests"))
    assert line == "Requests        2,400   10 /s on average in the 4 min watched"
    assert json.loads(report_json(report))["watched_seconds"] == 240


def test_errors_have_columns_where_there_are_any(archive: SqliteArchive) -> None:
    report = week_report(archive)
    failing = Sums(200, 1000, 1.0, client_errors=20, server_errors=1)
    report = report._replace(top=report.top._replace(rows=(("shop/pay", failing),), whole=failing), before={})
    lines = report_text(report, 100, zone=UTC).splitlines()
    assert lines[-2:] == [
        "Sections   hits     share   change      4xx     5xx   volume",
        "shop/pay    200   100.0 %      new   10.0 %   0.5 %   1.0 kB",
    ]
    (row,) = json.loads(report_json(report))["rows"]
    assert (row["client_errors"], row["server_errors"]) == (20, 1)


def test_the_report_as_json(archive: SqliteArchive) -> None:
    told = json.loads(report_json(week_report(archive)))
    assert told["requests_before"] == requests_of(range(21, 28))
    assert told["rows"][0]["key"] == "shop/cart"
    assert told["rows"][0]["response_seconds"]["p95"] == pytest.approx(0.1, rel=0.01)
    assert told["busiest"]["hour"]["requests"] == 6 * 35


def test_a_report_that_goes_back_further_than_the_history_says_so(archive: SqliteArchive) -> None:
    report = build_report(archive, "x", ("top_sections", "hits"), START - DAY, START + 3 * DAY, 10, UTC)
    assert report_text(report, 100, zone=UTC).startswith(
        "x   2026-10-01 00:00 to 2026-10-04 00:00   3 d, the whole history\n"
    )


def test_a_span_with_as_many_requests_as_before(archive: SqliteArchive) -> None:
    report = build_report(archive, "x", ("top_sections", "hits"), START + 5 * DAY, START + 6 * DAY, 10, UTC)
    lines = report_text(report, 100, zone=UTC).splitlines()
    assert [line.partition("   as in ")[2] for line in lines if " as in " in line] == ["the 1 d before"]


def test_the_report_as_csv(archive: SqliteArchive) -> None:
    report = week_report(archive)
    formula = replace_keys(report, "=cmd()", 'a "b", c')
    assert [row[0] for row in csv.reader(report_csv(formula).split("\n"))] == ["key", "'=cmd()", 'a "b", c']
    heads, first, *_ = csv.reader(report_csv(report).split("\n"))
    told = dict(zip(heads, first, strict=True))
    cart = report.top.rows[0][1]
    assert (told["key"], told["count"], told["response_bytes"]) == ("shop/cart", str(cart.count), str(cart.bytes))
    assert int(told["count_before"]) == report.before["shop/cart"].count
    assert float(told["p95"]) == pytest.approx(0.1, rel=0.01)


def replace_keys(report: Report, *keys: str) -> Report:
    rows = [(key, sums) for key, (_, sums) in zip(keys, report.top.rows, strict=True)]
    return report._replace(top=report.top._replace(rows=rows))


def test_no_line_is_wider_than_the_screen(archive: SqliteArchive) -> None:
    for width in (80, 120):
        assert max(map(len, report_text(week_report(archive), width, zone=UTC).split("\n"))) <= width


def test_the_same_time_yesterday_and_last_week(archive: SqliteArchive) -> None:
    now = START + 20 * DAY + 3 * 3600 + 1800
    assert same_time(archive, now + DAY, 1, zone=UTC) == pytest.approx(1000 / 600)
    assert same_time(archive, now, 7, zone=UTC) == pytest.approx(load(13, 3) * 6 / 3600)
    assert same_time(archive, START + 3600, 1, zone=UTC) is None


def test_the_past_on_the_screen(archive: SqliteArchive) -> None:
    now = START + 42 * DAY + 14 * 3600 + 1800
    found = look_back(archive, now, UTC)
    assert found is not None
    assert found.yesterday == pytest.approx(load(41, 14) / 600)
    assert found.last_week == pytest.approx(load(35, 14) / 600, abs=1 / 600)
    assert found.hour == PeriodView(START + 20 * DAY + 3 * 3600, 6000)
    assert found.day == PeriodView(START + 20 * DAY, requests_of(range(20, 21)))
    assert found.week == PeriodView(START + 18 * DAY, requests_of(range(18, 25)))
    assert found.month == PeriodView(START, requests_of(range(31)))


def test_an_unknown_past_is_not_shown(tmp_path: Path) -> None:
    young = SqliteArchive(str(tmp_path / "young.db"), Retention(), UNITS, UTC)
    assert look_back(young, START, UTC) is None
    young.write(made(START + 7200, 30))
    assert look_back(young, START + 7500, UTC) == HistoryView(None, None, None, None, None, None)
    hour = PeriodView(START + 7200, 30)
    assert look_back(young, START + 7200 + 3600, UTC) == HistoryView(None, None, hour, None, None, None)
    young.close()
    late = SqliteArchive(str(tmp_path / "late.db"), Retention(), UNITS, UTC)
    late.write(made(START + 7200 + 1500, 30))
    assert look_back(late, START + 7200 + 1500 + 3600, UTC) == HistoryView(None, None, hour, None, None, None)
    late.close()
    without = SqliteArchive(str(tmp_path / "without.db"), Retention(), {"top_sections": "hits"}, UTC)
    without.write(Minute(START, {"top_sections": {"shop/": Sums(1)}}))
    assert look_back(without, START + DAY, UTC) is None
    without.close()


def test_the_same_time_follows_the_local_clock_across_a_clock_change(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    archive = SqliteArchive(str(tmp_path / "berlin.db"), Retention(), UNITS, berlin)
    noon = datetime(2026, 10, 24, 12, tzinfo=berlin).timestamp()  # the clocks go back in the following night
    archive.write(made(noon, 600))
    assert same_time(archive, datetime(2026, 10, 25, 12, tzinfo=berlin).timestamp(), 1, zone=berlin) == 1.0
    archive.close()


def steady(path: Path, keep: Retention, days: int) -> str:
    """Six requests every ten minutes: 36 in an hour, 864 in a day."""
    archive = SqliteArchive(str(path), keep, UNITS, UTC)
    for tenth in range(days * 144):
        archive.write(made(START + tenth * 600, 6))
    archive.close()
    return str(path)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteArchive]:
    """A history that keeps minutes and hours for less time than by default."""
    path = tmp_path_factory.mktemp("history") / "steady.db"
    reader = SqliteArchive(steady(path, Retention(minutes=DAY, hours=4 * DAY), 9), Retention(), None, UTC)
    yield reader
    reader.close()


@pytest.mark.parametrize("hours", [20, 24, 30, 2 * 24, 3 * 24 + 5])
def test_spans_of_any_age_are_compared_with_the_same_length_before(short: SqliteArchive, hours: int) -> None:
    until = START + 8 * DAY + 14 * 3600 + 40 * 60
    report = build_report(short, "x", ("top_sections", "hits"), until - hours * 3600, until, 10, UTC)
    assert report.requests == report.top.whole.count == (until - report.since) // 600 * 6
    assert until - report.since - hours * 3600 < (3600 if hours < 4 * 24 else DAY)
    text = report_text(report, 100, zone=UTC)
    assert "   as in the " in text
    assert all("   as before   " in line for line in text.split("\n") if line.startswith("shop/"))


def test_days_remain_when_their_hours_are_deleted(tmp_path: Path) -> None:
    path = steady(tmp_path / "steady.db", Retention(minutes=DAY, hours=2 * DAY), 9)
    archive = SqliteArchive(path, Retention(), UNITS, UTC)
    archive.write(made(START + 3 * DAY, 500))
    found = dict(busiest_times(archive, START + DAY, START + 9 * DAY, UTC))
    assert found["day"] == (START + 3 * DAY, 864 + 500)
    archive.close()


@pytest.mark.parametrize(
    ("zone", "start"),
    [("Europe/Berlin", "2026-10-05"), ("America/New_York", "2026-03-01"), ("Asia/Kathmandu", "2026-01-10")],
)
def test_any_report_equals_the_sum_of_its_minutes_in_any_time_zone(tmp_path: Path, zone: str, start: str) -> None:
    here, chance = ZoneInfo(zone), random.Random(zone)
    # 45 days that include clock changes, if the time zone has them
    begun = datetime.fromisoformat(f"{start}T13:23").replace(tzinfo=here).timestamp()
    archive = SqliteArchive(str(tmp_path / "any.db"), Retention(minutes=2 * DAY, hours=12 * DAY), UNITS, here)
    minutes = {begun + 2700 * number: chance.choice([1, 3, 5, 60]) for number in range(45 * 32)}
    for minute, requests in minutes.items():
        archive.write(made(minute, requests))
    for _ in range(25):
        until = begun + 45 * DAY - chance.choice([0, chance.randrange(10 * DAY)])
        since = until - chance.choice([1, 5, 24, 3 * 24, 7 * 24, 10 * 24, 20 * 24, 31 * 24]) * 3600
        report = build_report(archive, "x", ("top_sections", "hits"), since, until, 2, here)
        within = {minute: n for minute, n in minutes.items() if report.since <= minute < report.top.until}
        assert report.requests == sum(within.values())
        if report.since_before is not None:
            before = [n for minute, n in minutes.items() if report.since_before <= minute < report.since]
            assert report.requests_before == sum(before)
        found = dict(report.busiest)
        for name, form in (("day", "%Y-%m-%d"), ("week", "%G-%V"), ("month", "%Y-%m")):
            periods: Counter[str] = Counter()
            for minute, requests in within.items():
                periods[datetime.fromtimestamp(minute, here).strftime(form)] += requests
            if name in found:
                best = datetime.fromtimestamp(found[name].start, here).strftime(form)
                assert found[name].requests == periods[best] == max(periods.values())
    archive.close()


def test_alerts_are_those_of_the_span_and_end_with_the_last_minute(tmp_path: Path) -> None:
    archive = SqliteArchive(str(tmp_path / "alerts.db"), Retention(), UNITS, UTC)
    for hour in range(72):
        archive.write(made(START + hour * 3600, 10))
    for start, end in ((5, 6), (20, 30), (40, 41), (71, None)):
        closed = None if end is None else START + end * 3600
        archive.write_alert(StoredAlert("request_rate", START + start * 3600, closed, "{}"))

    def lasted(since: int, until: int) -> list[float]:
        report = build_report(archive, "x", ("top_sections", "hits"), START + since * DAY, START + until * DAY, 1, UTC)
        return [(alert.end or 0) - alert.start for alert in report.alerts]

    assert lasted(1, 2) == [3600, 10 * 3600]
    assert lasted(2, 30) == [60]
    assert lasted(5, 30) == []
    archive.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteArchive]:
    """Two months of a busy site: the maximum number of keys, different each time, and wide distributions."""
    archive = SqliteArchive(str(tmp_path_factory.mktemp("history") / "busy.db"), Retention(), UNITS, UTC)
    chance = random.Random(1)
    times = [Distribution.of((chance.randrange(300) + number, 9) for number in range(100)) for _ in range(20)]
    for half in range(2 * 64):
        keys = (f"www.shop.example.com/section-{number}" for number in chance.sample(range(1200), 100))
        sections = {key: Sums(900, 9**9, 45.0, times[chance.randrange(20)]) for key in keys}
        whole = {"requests": Sums(90_000, 9**9, 45.0, times[0])}
        archive.write(Minute(START + half * DAY / 2, {"request_rate": whole, "top_sections": sections}))
    yield archive
    archive.close()


def test_a_month_is_read_in_less_than_200_ms(busy: SqliteArchive) -> None:
    took = []
    for _ in range(3):  # other programs may run at the same time
        begun = time.process_time()
        report = build_report(busy, "x", ("top_sections", "hits"), START + 32 * DAY, START + 63 * DAY, 10, UTC)
        took.append(time.process_time() - begun)
    assert (report.requests, report.requests_before) == (31 * 2 * 90_000, 31 * 2 * 90_000)
    assert len(report.before) == len(report.top.rows) == 10
    assert min(took) < 0.2
