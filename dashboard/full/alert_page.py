"""All that is known of one alert. Pure."""

from collections.abc import Iterator

from alerting.alert import Contributor
from dashboard.full.named_lines import named_lines
from view import figures
from view.page import Line, Page, Piece, Style
from view.view import AlertView


def alert_page(alert: AlertView, now: float, page: Page) -> list[Line]:
    """What it says, in whole, then names and values."""
    lines: list[Line] = [
        (Piece("Alert", Style.HEADING),),
        (),
        *page.wrap(page.text(alert.explanation or alert.title)),
        (),
    ]
    for name, value in _fields(alert, now, page):
        lines += named_lines(name, value, page)
    return lines


def _fields(alert: AlertView, now: float, page: Page) -> Iterator[tuple[str, str]]:
    yield "Signal", alert.title + (f" of {page.text(alert.subject)}" if alert.subject else "")
    yield "Raised", page.moment(alert.start)
    yield "Dismissed", "not yet, it is active" if alert.end is None else page.moment(alert.end)
    yield "Lasted", figures.duration((now if alert.end is None else alert.end) - alert.start)
    for name, value in (
        ("Value", alert.value),
        ("Peak", alert.peak),
        ("Baseline", alert.baseline),
        ("Limit", alert.limit),
    ):
        yield name, figures.signal_value(value, alert.unit)
    for place, contributor in enumerate(alert.contributors):
        yield "" if place else "Behind it", _contributor(contributor, page)


def _contributor(contributor: Contributor, page: Page) -> str:
    return f"{contributor.kind} {page.text(contributor.name)}  {figures.percent(contributor.share, 1)}"
