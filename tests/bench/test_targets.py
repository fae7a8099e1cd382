"""Measured values are compared with the targets."""

from typing import Any

from bench import targets
from bench.live import FULL
from bench.readers import HTTPRY, OURS
from bench.start import HELP


def peer(name: str, rates: list[float], **found: int) -> dict[str, Any]:
    return {"peer": name, "missing": "", "rates": rates, "packets": 1000, "found": found}


def watched(monitor: str, tax: list[float]) -> dict[str, Any]:
    return {"monitor": monitor, "load": FULL, "missing": "", "tax_percent": tax}


def rows(facts: dict[str, Any]) -> list[str]:
    return targets.report(facts).splitlines()[2:-2]


def test_ratios_compare_runs_of_the_same_round() -> None:
    found = {"all_transactions": 100, "whole": 90, "whole_transactions": 90, "wrong": 0}
    facts = {"offline": [peer(OURS, [200.0, 20.0, 300.0], **found), peer(HTTPRY, [100.0, 10.0])]}
    assert rows(facts) == [
        "| file to statistics and signals | ≥ 1.50 x httpry | 2.00 x httpry | yes |",
        "| file to statistics and signals (aim beyond) | ≥ 2,000,000 packets/s | 200 (20-300) packets/s | **no** |",
        "| file to statistics and signals (aim beyond) | ≤ 3.90 us a transaction "
        "| 50,000.00 (33,333.33-500,000.00) us a transaction | **no** |",
        "| whole transactions not found, or wrongly | ≤ 0 | 0 | yes |",
    ]


def test_a_missed_target_is_marked() -> None:
    start = {HELP: {"median": 0.2, "low": 0.1, "high": 0.3}}
    assert rows({"start": start}) == ["| `--help` | ≤ 0.15 s | 0.20 (0.10-0.30) s | **no** |"]


def test_a_wrongly_found_transaction_misses_the_target() -> None:
    found = {"all_transactions": 100, "whole": 90, "whole_transactions": 90, "wrong": 1}
    facts = {"offline": [peer(OURS, [200.0], **found)]}
    assert rows(facts)[-1] == "| whole transactions not found, or wrongly | ≤ 0 | 1 | **no** |"


def test_a_bound_can_be_another_tools_value_in_the_same_run() -> None:
    facts = {"live": [watched("exercise.py", [20.0, 24.0]), watched("httpry", [25.0])]}
    tax = "live at saturation, tax: extra CPU a request (the bound is httpry's)"
    assert rows(facts) == [f"| {tax} | ≤ 25 % | 22 (20-24) % | yes |"]


def test_the_targets_of_a_missing_tool_are_listed_as_not_measured() -> None:
    facts = {"offline": [{"peer": HTTPRY, "missing": "not installed", "rates": []}]}
    (said,) = targets.report(facts).splitlines()
    assert said.startswith("Not measured: file to statistics and signals;")
