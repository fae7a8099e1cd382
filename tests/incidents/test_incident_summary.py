"""The summary of an incident: what happened in plain words, and no text from the wire that is more than text."""

from dataclasses import replace
from typing import Any

import pytest
from incident_samples import ALERT, CONTENTS, HOSTILE, SIGNAL, START, alert_view, incident
from records import ended, request
from view_samples import HEALTH, TROUBLED

from alerting.alert import SignalUnit
from incidents.comparison import Span
from incidents.incident import Contents, Incident
from incidents.summary import summary


def told(given: Incident | None = None, contents: Contents = CONTENTS) -> list[str]:
    return summary(given or incident(), contents).splitlines()


def section(lines: list[str], heading: str) -> list[str]:
    rest = lines[lines.index(heading) + 1 :]
    end = next((place for place, line in enumerate(rest) if line.startswith("#")), len(rest))
    return [line for line in rest[:end] if line]


def test_it_begins_with_what_happened() -> None:
    lines = told()
    assert lines[0] == "# Incident: Request rate, 17:02:10 2026-11-22"
    assert lines[2] == (
        "**Request rate** was 1,844 requests from 17:00:10 to 17:02:10, above the limit of 1,320 requests. "
        "The learned baseline is 1,200 requests; the limit is 10 % above it."
    )
    assert lines[4] == "Monitored: `eth0 port 80` on `web1`, by exercise.py 1.0; times are in UTC+0000."


@pytest.mark.parametrize(
    ("alert", "signal", "sentence"),
    [
        (
            {"value": 12.5, "baseline": 0.5, "limit": 5.5, "threshold": 5, "unit": SignalUnit.PERCENT},
            {"points": True},
            "12.5 % from 17:00:10 to 17:02:10, above the limit of 5.5 %. "
            "The learned baseline is 0.5 %; the limit is 5 percentage points above it.",
        ),
        (
            {"value": 0.8, "baseline": 0.0209, "limit": 0.1, "threshold": 200, "unit": SignalUnit.SECONDS},
            {},
            "800 ms from 17:00:10 to 17:02:10, above the limit of 100 ms. "
            "The learned baseline is 20.9 ms; the limit is 200 % above it, but at least 100 ms.",
        ),
        (
            {"value": 0.8, "baseline": 4, "limit": 1.6, "threshold": 60, "unit": SignalUnit.REQUESTS},
            {"low": True, "previous": True},
            "0.80 /s from 17:00:10 to 17:02:10, below the limit of 1.6 /s. "
            "The baseline, the lowest recent bucket, is 4.0 /s; the limit is 60 % below it.",
        ),
    ],
)
def test_each_kind_of_signal_has_its_words(alert: dict[str, Any], signal: dict[str, Any], sentence: str) -> None:
    given = incident()
    view = replace(given.scene.view, signals=(replace(SIGNAL, **signal),))
    changed = replace(given, shown=(alert_view(replace(ALERT, **alert)),), scene=replace(given.scene, view=view))
    assert sentence in told(changed)[2]


def test_figures_of_the_bucket_are_compared_with_the_hour_before() -> None:
    lines = section(told(), "## The 120 s that alerted, and the 1 h before")
    assert lines[2] == "| Exchanges            |        15 /s |  10 /s |"
    assert lines[4] == "| 5xx                  |       10.0 % |      0 |"
    assert lines[-1] == "| `10.0.0.21:8080`  |       500 ms |      - |"


def test_top_lists_say_what_is_new_and_what_grew() -> None:
    new, grown = section(told(), "### Top hits by section")[2:]
    assert new.endswith("|  592 |       4.9 /s |    0 /s |       new |")
    assert grown == f"| {'`shop/cart`':<{grown.index('|', 1) - 3}} |   90 |      0.75 /s | 0.75 /s | as before |"


def test_without_a_before_nothing_is_compared() -> None:
    given = incident()
    lines = told(replace(given, scene=replace(given.scene, before=None)))
    assert "## The 120 s that alerted, and nothing before" in lines
    assert section(lines, "### Top hits by section")[2].endswith("|  592 |       4.9 /s |      - |        |")


def test_a_key_that_may_have_been_too_rare_to_be_listed_is_not_called_new() -> None:
    given = incident()
    before = given.scene.before
    assert before is not None
    (panel,) = before.view.panels
    rest = replace(panel.other, window=replace(panel.other.window, count=5))
    view = replace(before.view, panels=(replace(panel, other=rest),))
    lines = told(replace(given, scene=replace(given.scene, before=Span(view, before.seconds))))
    assert "new" not in section(lines, "### Top hits by section")[2]


def test_clients_are_counted_from_exchanges_where_no_statistic_counts_them() -> None:
    given = incident()
    found = [ended(request(START - 5, client=client)) for client in ("10.0.0.7", "10.0.0.9", "10.0.0.9")]
    lines = told(replace(given, scene=replace(given.scene, clients=tuple(found))))
    rows = section(lines, "### Top clients")[2:]
    assert [row.split("|")[1].strip() for row in rows] == ["`10.0.0.9`", "`10.0.0.7`"]


def test_the_slowest_exchanges_are_listed_without_their_query() -> None:
    (row,) = section(told(), "### Slowest exchanges")[2:]
    assert [cell.strip() for cell in row.split(" | ")[1:]] == [
        "503", "1.50 s", "`10.0.0.1`", "`10.0.0.5:80`", "17:01:41 |",
    ]  # fmt: skip
    assert "secret" not in row


def test_where_nothing_was_missed_that_is_told() -> None:
    given = incident()
    view = replace(given.scene.view, health=replace(HEALTH, unreadable=()))
    lines = told(replace(given, scene=replace(given.scene, view=view)))
    assert section(lines, "## What was not seen") == ["- Nothing, as far as the monitor knows."]


def test_losses_are_told() -> None:
    given = incident()
    view = replace(given.scene.view, health=TROUBLED)
    contents = replace(
        CONTENTS,
        whole_since=START - 12,
        first=START - 12,
        packets_left_out=7,
        exchanges_since=START - 30,
        exchanges_left_out=1,
    )
    lines = section(told(replace(given, scene=replace(given.scene, view=view)), contents), "## What was not seen")
    assert lines[:4] == [
        "- The packets begin only 12 s before the alert, not 2 min 10 s: there was no more room (`incident_bytes`).",
        "- 7 packets after the alert had no room (`incident_bytes`).",
        "- The exchanges begin only 30 s before the alert, not 2 min 10 s (`max_recent_exchanges`).",
        "- 1 exchange after the alert had no room (`max_recent_exchanges`).",
    ]
    assert lines[4].startswith("- Since 15:02:10 2026-11-22: dropped by the kernel: 1,204, ")
    assert lines[5] == "- Connections that could not be read: 12 TLS, 3 HTTP/2."


def test_an_overload_is_told_at_the_top() -> None:
    shown = (alert_view(dropped_share=0.2),)
    assert told(incident(shown=shown))[2].endswith("Figures are too low: 20.0 % of the traffic was dropped.")


def test_all_alerts_of_the_incident_are_told() -> None:
    errors = replace(ALERT, signal="error_ratio_5xx", explanation="High 5xx share generated an alert", contributors=())
    shown = (alert_view(), alert_view(errors, title="5xx responses"))
    lines = told(incident(alerts=(ALERT, errors), shown=shown))
    assert "High 5xx share generated an alert" in section(lines, "## What alerted")


def test_an_alert_that_was_active_before_is_named() -> None:
    given = incident()
    earlier = alert_view(replace(ALERT, signal="traffic_drop", start=START - 600), title="Traffic drop")
    view = replace(given.scene.view, alerts=(earlier, *given.shown))
    lines = told(replace(given, scene=replace(given.scene, view=view)))
    assert "Traffic drop had been alerting since 16:52:10 2026-11-22." in lines


def test_files_and_commands_are_given() -> None:
    lines = told()
    files = section(lines, "## What is in this folder")
    assert files[0] == (
        "- `packets.pcapng`: 48,210 packets (12.4 MB), from 17:00:00 to 17:02:19. A comment marks the alert."
    )
    assert [line for line in files if "view.html" in line] != []
    assert "exercise.py -r '/var/lib/incidents/x y'" in lines
    assert "exercise.py -r '/var/lib/incidents/x y' --log - --only client=203.0.113.9" in lines
    assert "tshark -r '/var/lib/incidents/x y/packets.pcapng'" in lines


def test_without_the_package_there_is_no_page() -> None:
    assert not any("view.html" in line for line in told(contents=replace(CONTENTS, has_page=False)))


def test_one_that_was_not_finished_says_so() -> None:
    assert told(contents=replace(CONTENTS, is_complete=False))[2].startswith(
        "**Incomplete:** packets are kept until 17:02:20 2026-11-22."
    )
    failed = told(contents=replace(CONTENTS, failure="packets.pcapng: No space left on device"))
    assert failed[2] == "**Incomplete:** writing failed: `packets.pcapng: No space left on device`."


def test_hostile_texts_are_only_text() -> None:
    text = "\n".join(told())
    assert HOSTILE not in text
    outside = []
    fence = ""
    for line in text.splitlines():
        if line.startswith("```"):
            fence = "" if fence else line
        elif not fence:
            outside.append(line)
    assert not any(line.startswith("# [x]") for line in text.splitlines())
    assert "\x1b" not in text
    assert "\u202e" not in text
    spans_removed = [part for line in outside for part in without_code(line)]
    assert not any("script" in part or "evil" in part or "rm -rf" in part for part in spans_removed)


def without_code(line: str) -> list[str]:
    """Return what a Markdown reader sees outside of the code spans of a line (CommonMark section 6.1)."""
    left, parts = line, []
    while "`" in left:
        before, _, rest = left.partition("`")
        run = len(rest) - len(rest.lstrip("`")) + 1
        parts.append(before)
        inside = rest[run - 1 :]
        end = next(
            place
            for place in range(len(inside))
            if inside[place : place + run] == "`" * run
            and inside[place + run : place + run + 1] != "`"
            and (place == 0 or inside[place - 1] != "`")
        )
        left = inside[end + run :]
    return [*parts, left]


def test_a_filter_of_the_run_is_told() -> None:
    given = incident()
    lines = told(replace(given, run=replace(given.run, only="status:5xx")))
    assert lines[5] == "Only exchanges that match `status:5xx` were counted."
