"""Loads the page in a real browser: it is drawn correctly, loads nothing else, and causes no error."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timezone
from pathlib import Path
from typing import Any

import pytest
from browser import MISSING, Browser, browser
from view_samples import ACTIVE, CALM, ENDED, NOW, TROUBLED, panel, row

from outputs.report.page import Page
from view.panel import Chart, Measure, ResponseTimes
from view.view import View

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))

TIMES = ResponseTimes(0.1, 0.07, 0.2, 0.31, 0.9, 1.2)
BUSY = replace(
    CALM,
    chart=Chart(NOW - 2400, 10, tuple(float(n % 7) for n in range(240)), (("2xx", (5,) * 240), ("5xx", (0, 1) * 120))),
    alerts=(ACTIVE, ENDED),
    health=TROUBLED,
    whole=Measure(1000, 1000, 5_000_000, TIMES),
    panels=(
        replace(
            panel("Top", *(replace(row(f"host{n}.example.com", 1, 90 - n), trend=(1, 0, 5) * 4) for n in range(9)))
        ),
        panel("Hostile", row("<script>document.title = 'x'</script><img src=http://127.0.0.1:1/>" + "w" * 500, 1, 1)),
    ),
)
EMPTY = replace(CALM, panels=(), alerts=(), request_rate=None)
SIZES = """[...document.querySelectorAll(%r)].map(shape => shape.getBoundingClientRect())
    .map(box => [box.width, box.height])"""
COLOURS = """[...document.querySelectorAll("body, .quiet, .worry dd, figcaption p, .legend, thead th, .figures dd")]
    .map(part => [part, part.closest(".figures div") || document.body])
    .map(([part, under]) => [getComputedStyle(part).color, getComputedStyle(under).backgroundColor])"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


def show(opened: Browser, folder: Path, view: View, **how: Any) -> Path:
    path = folder / "report.html"
    path.write_text(Page(timezone.utc).html(view), encoding="utf-8")
    opened.open(path, **how)
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", [BUSY, EMPTY], ids=["busy", "empty"])
def test_the_page_loads_nothing_and_causes_no_error(opened: Browser, tmp_path: Path, view: View, dark: bool) -> None:
    path = show(opened, tmp_path, view, dark=dark)
    assert opened.requests() == [path.as_uri()]
    assert opened.complaints() == []
    assert opened.run("document.title") == "HTTP traffic: eth0 port 80"


def test_the_browser_reports_violations(opened: Browser, tmp_path: Path) -> None:
    path = tmp_path / "wrong.html"
    path.write_text("<img src=http://127.0.0.1:1/><script>console.error('wrong')</script>")
    opened.open(path)
    assert opened.requests() == [path.as_uri(), "http://127.0.0.1:1/"]
    assert "wrong" in str(opened.complaints())


def test_the_policy_blocks_injected_content(opened: Browser, tmp_path: Path) -> None:
    path = tmp_path / "tampered.html"
    page = Page(timezone.utc).html(BUSY)
    path.write_text(page.replace("</main>", "<script>document.title = 'x'</script><p style='color: red'></main>"))
    opened.open(path)
    assert opened.run("document.title") == "HTTP traffic: eth0 port 80"
    assert len(opened.complaints()) == 2


def test_charts_bars_and_trends_are_drawn(opened: Browser, tmp_path: Path) -> None:
    show(opened, tmp_path, BUSY)
    layers = opened.run(SIZES % ".chart path")
    assert len(layers) == 3
    assert all(width > 1000 and height > 10 for width, height in layers)
    alerts = opened.run(SIZES % ".chart svg rect.alert")
    assert all(width >= 2 and height > 100 for width, height in alerts)
    shares = [width for width, _ in opened.run(SIZES % ".share rect")][:9]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0
    assert all(width > 30 and height > 5 for width, height in opened.run(SIZES % ".trend path")[:9])


def luminance(colour: str) -> float:
    """Return the luminance of a CSS colour, from 0 to 1 (WCAG 2.2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_enough_contrast(opened: Browser, tmp_path: Path, dark: bool) -> None:
    show(opened, tmp_path, BUSY, dark=dark)
    pairs = [sorted(map(luminance, pair)) for pair in opened.run(COLOURS)]
    assert len(pairs) > 10
    assert all((high + 0.05) / (low + 0.05) >= 4.5 for low, high in pairs)
    paper = luminance(opened.run("getComputedStyle(document.body).backgroundColor"))
    assert paper < 0.1 if dark else paper > 0.9


@pytest.mark.parametrize("width", [320, 390, 768, 1920])
def test_no_page_is_wider_than_its_screen(opened: Browser, tmp_path: Path, width: int) -> None:
    show(opened, tmp_path, BUSY, width=width)
    assert opened.run("document.documentElement.scrollWidth") <= width


def test_the_page_can_be_printed(opened: Browser, tmp_path: Path) -> None:
    show(opened, tmp_path, BUSY)
    assert len(opened.call("Page.printToPDF", printBackground=True)["data"]) > 10_000
    assert opened.complaints() == []
