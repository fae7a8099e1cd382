"""Checks the page of a View, and that text from the wire cannot change it."""

import re
from dataclasses import replace
from datetime import timezone
from html.parser import HTMLParser

import pytest
from any_view import ANY_VIEW
from hypothesis import HealthCheck, given, settings
from view_samples import ACTIVE, CALM, ENDED, HEALTH, NOW, TROUBLED, panel, row

from alerting.alert import SignalUnit
from outputs.report.page import Page
from view.panel import Chart, Measure, ResponseTimes
from view.view import FilterView, HistoryView, PeriodView, SignalView, View

CHART = Chart(NOW - 2400, 10, tuple(float(n % 7) for n in range(240)), (("2xx", (5,) * 240), ("5xx", (0, 1) * 120)))
DRAWN = replace(CALM, chart=CHART, whole=Measure(1000, 1000, 5_000_000, ResponseTimes(0.1, 0.07, 0.2, 0.31, 0.9, 1.2)))
VOID = {"meta", "path", "line", "rect"}
CELLS = {"th", "td", "dt", "dd", "p", "title"}
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "bdi", "p", "time", "span", "main",
    "section", "dl", "div", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect", "path", "line",
    "figure", "figcaption", "ul", "li", "footer", "strong", "b", "code",
}  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(timezone.utc)


class Reader(HTMLParser):
    """Collects elements, attributes and text of a page; elements must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID or (tag == "rect" and "/>" not in str(self.get_starttag_text())):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += " " if tag in CELLS else ""

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(page: Page, view: View) -> str:
    return " ".join(Reader(page.html(view)).text.split())


def section(page: Page, view: View, first: str, following: str) -> str:
    """Return the text of a page from the heading of a section to the words that follow it."""
    return read(page, view).split(f" {first} ", 1)[1].split(f" {following} ", 1)[0]


def test_the_page_names_source_and_time(page: Page) -> None:
    assert read(page, DRAWN).startswith(
        "HTTP traffic: eth0 port 80 HTTP traffic eth0 port 80 "
        "16:49:50 2026-11-22 to 17:04:10 2026-11-22 (UTC+0000), 14 min 20 s State ENFORCING Requests in 24 h "
    )


def test_figures_come_first(page: Page) -> None:
    _, _, figures = read(page, DRAWN).partition(", 14 min 20 s ")
    assert figures.startswith(
        "State ENFORCING Requests in 24 h 102,331 Peak rate 48 /s Downloaded 5.0 MB Server errors (5xx) 9.1 % "
        "Median response time 70.0 ms p95 response time 310 ms p99 response time 900 ms Slowest response time 1.20 s "
        "Alerts 1 Requests per second"
    )


def test_an_active_alert_is_at_the_top_with_its_explanation(page: Page) -> None:
    alert = replace(ACTIVE, explanation="Request rate 1,844, 54 % above 1,200")
    text = read(page, replace(DRAWN, alerts=(alert, ENDED)))
    assert text.index("Active alert. Request rate 1,844, 54 % above 1,200") < text.index("Requests in 24 h 102,331")
    assert "2 min, active" in text
    assert "Active alert" not in read(page, DRAWN)


def test_the_limit_and_the_alerts_are_in_the_chart(page: Page) -> None:
    html = page.html(replace(DRAWN, alerts=(ACTIVE,)))
    assert "limit 11 /s" in html
    assert html.count('<line class="limit"') == 1
    assert '<rect class="alert"' in html
    assert html.count('<rect class="slice"') == 480


def test_a_short_run_shows_its_buckets(page: Page) -> None:
    html = page.html(replace(CALM, chart=Chart(NOW - 370, 370, (12.0,))))
    assert html.count('<rect class="slice"') == len(CALM.request_rate or ())


def test_an_empty_view_makes_a_page(page: Page) -> None:
    _, _, text = read(page, replace(CALM, panels=(), alerts=(), request_rate=None, chart=None)).partition("Alerts 0 ")
    assert text.startswith("No requests were counted. Alerts None. Captured and missed traffic Packets 2,718,281 ")


def test_top_lists_have_shares_and_times(page: Page) -> None:
    assert section(page, DRAWN, "Top hits by domain", "Downloaded per domain") == (
        "Name Hits Share Volume Average p95 4xx 5xx "
        "shop.example.com 98,002 100.0 % 0 B - - 0 0 (empty) 3 <0.1 % 0 B - - 0 0"
    )
    assert section(page, DRAWN, "Average response time per server", "Top hits by method") == (
        "Name Average Compared Median p95 Slowest Hits 4xx 5xx 10.0.0.21:8080 84.0 ms 70.0 ms 310 ms 1.10 s 77 0 0 "
        "10.0.0.22:8080 1.20 s 1.10 s 2.40 s 12.00 s 80 0 0"
    )


def test_top_lists_of_responses_have_shares_of_errors(page: Page) -> None:
    panel = DRAWN.panels[1]
    one, two = panel.rows
    broken = replace(one, window=replace(one.window, client_errors=99, server_errors=9_800))
    view = replace(DRAWN, panels=(replace(panel, rows=(broken, two)),))
    assert "0 B - - 0.1 % 10.0 % (empty)" in section(page, view, "Top hits by domain", "Captured and")
    packets = replace(DRAWN, panels=(replace(panel, responses=False),))
    assert "5xx" not in section(page, packets, "Top hits by domain", "Captured and")


def test_missed_traffic_is_listed(page: Page) -> None:
    view = replace(DRAWN, health=TROUBLED)
    assert section(page, view, "Captured and missed traffic", "Made by") == (
        "Packets 98,796 Dropped by the kernel 1,204 Records lost in the queue 12 Gaps in streams 3 "
        "Bytes missing from streams 12.4 kB Responses without a request 2 Requests without a response 5 "
        "Requests with unknown names 0 Connections evicted 3 "
        "Unreadable connections TLS 12 HTTP/2 3 Oddities bad chunk size 12 bare CR 1"
    )
    assert "eth0 is down, waiting for it" in read(page, view)


def test_signals_show_their_state(page: Page) -> None:
    quiet = SignalView("share", "Share of errors", SignalUnit.PERCENT, "LEARNING", None, None, None, 5, 20, True)
    loud = SignalView("time", "Response time", SignalUnit.SECONDS, "ALERT", 0.1, 0.15, 0.31, 50, 20, False)
    assert section(page, replace(DRAWN, signals=(quiet, loud)), "Signals", "Top hits by section") == (
        "Signal State Last value Baseline Limit Alerts Share of errors learning, silent - - - 0 "
        "Response time alert 310 ms 100 ms 150 ms 0"
    )


def test_a_filter_is_named(page: Page) -> None:
    _, _, text = read(page, replace(DRAWN, filter=FilterView("host:shop", 5, 9, NOW))).partition(", 14 min 20 s ")
    assert text.startswith(
        "All numbers count only exchanges that match host:shop since 17:04:10 2026-11-22. State ENFORCING Requests in "
    )


# Hostile text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\" onload='x' ", "\" onload='x'"),
        ("</style></svg><img src=x>", "</style></svg><img src=x>"),
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[2J\x00", "\\x1b[2J\\x00"),
        ("\ud800", "\\ud800"),
        ("{{ 7 * 7 }}{% raw %}", "{{ 7 * 7 }}{% raw %}"),
        ("日本語.example.jp", "日本語.example.jp"),
    ],
)
def test_text_from_the_wire_is_only_text_on_the_page(page: Page, key: str, shown: str) -> None:
    html = page.html(replace(CALM, panels=(panel("Top", row(key, 1, 1)),), source=key))
    assert Reader(html).text.count(shown) == 3  # the title, the heading, the row
    assert set(Reader(html).elements) <= ELEMENTS


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(ANY_VIEW)
def test_any_view_makes_a_page_without_foreign_markup(view: View) -> None:
    html = PAGE.html(view)
    html.encode("utf-8")
    assert all(character.isprintable() or character == "\n" for character in html)
    reader = Reader(html)
    assert set(reader.elements) <= ELEMENTS
    assert [name for name, _ in reader.attributes if name.startswith("on") or name in ("style", "href", "src")] == []


PAGE = Page(timezone.utc)


def test_the_policy_allows_only_the_style_of_the_page(page: Page) -> None:
    html = page.html(replace(CALM, health=HEALTH))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'",
                        policy[1].replace("&#39;", "'"))  # fmt: skip


def test_table_headings_are_marked_up_as_headings(page: Page) -> None:
    html = page.html(replace(DRAWN, alerts=(ENDED,)))
    assert re.search(r"<th(?! scope=)[ >]", html) is None
    assert all("role=" in svg or "aria-hidden=" in svg for svg in re.findall("<svg[^>]*>", html))


def test_the_page_shows_the_history(page: Page) -> None:
    history = HistoryView(
        12.5, None, PeriodView(NOW - 250, 12_345), None, None, PeriodView(NOW - 86400 * 21, 2_345_678)
    )
    shown = read(page, replace(DRAWN, history=history))
    assert "This time yesterday 12 /s, today +21 %" in shown
    assert "Busiest hour, Sun 2026-11-22 17:00 12,345 requests" in shown
    assert "Busiest month, 2026-11 2,345,678 requests" in shown
    assert "last week" not in shown
    assert "History" not in read(page, DRAWN)


def test_an_alert_is_marked_over_its_own_buckets(page: Page) -> None:
    """It is judged at the end of its first bucket, so that is where its mark would begin otherwise."""
    alert = replace(ACTIVE, start=NOW - 1200, end=NOW - 960, bucket_size=120)
    html = page.html(replace(DRAWN, alerts=(alert,)))
    assert '<rect class="alert" x="450.0" y="0" width="100.0"' in html


def test_a_time_that_nobody_watched_is_shaded(page: Page) -> None:
    chart = replace(CHART, rates=(*CHART.rates[:60], *[None] * 60, *CHART.rates[120:]))
    html = page.html(replace(DRAWN, chart=chart))
    assert html.count('<rect class="unwatched" x="250.0" y="0" width="250.0"') == 2
    assert "nobody watched" in html
    assert 'class="unwatched"' not in page.html(DRAWN)


def test_the_worst_state_and_earlier_runs_are_named(page: Page) -> None:
    shown = read(page, replace(DRAWN, state="ALERT", history_since=NOW - 7200))
    assert "State ALERT Includes history since 15:04 Requests in 24 h" in shown
