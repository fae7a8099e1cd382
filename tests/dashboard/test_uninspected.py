"""What inspectors did not see is shown wherever losses are, and nowhere if there is nothing to say."""

from dataclasses import replace

from view_samples import CALM

from dashboard.full.health_page import health_page
from dashboard.heading import health
from dashboard.summary import summary
from outputs.report.facts import health_facts
from view.page import Line, Page

MISSED = replace(
    CALM, health=replace(CALM.health, inspected=1200, uninspected=(("queue full", 10), ("over budget", 2)))
)


def text(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def test_it_is_shown_with_its_reasons() -> None:
    assert "not inspected 12 (10 queue full, 2 over budget)" in text(health(MISSED, Page(200)))
    assert "12 exchanges not inspected (10 queue full, 2 over budget)" in summary(MISSED, 400)
    page = text(health_page(MISSED, [], Page(120)))
    assert [" ".join(line.split()) for line in page.splitlines() if "nspected" in line or "budget" in line] == [
        "Inspected 1,200 exchanges",
        "Not inspected queue full 10 exchanges",
        "over budget 2 exchanges",
    ]
    (fact,) = (fact for fact in health_facts(MISSED.health) if fact.name == "Exchanges not inspected")
    assert (fact.text, fact.worry) == ("12", True)


def test_without_inspectors_nothing_is_said() -> None:
    shown = (text(health(CALM, Page(200))), summary(CALM), text(health_page(CALM, [], Page(120))))
    assert "nspected" not in " ".join((*shown, *(fact.name for fact in health_facts(CALM.health))))
