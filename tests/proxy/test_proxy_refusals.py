"""What the proxy refused becomes findings, and what it blocks is told to the core."""

from typing import Any

import pytest

from proxy.bouncer import ProxyBouncer
from proxy.refusals import findings
from traffic.finding import HIGH, LOW, MEDIUM, Finding

CLIENT, SERVER = ("192.0.2.1", 50_000), ("192.0.2.2", 443)


def refusal(
    cause: str, *, reason: str = "", rules: str = "", score: int = 0, target: str = "/a?b=1", done: bool = True
) -> Any:
    request = ("Shop.example", "GET", target)
    return 12.5, "66a0", CLIENT, SERVER, request, cause, (reason, rules, score), done


def test_a_finding_has_the_number_of_the_request_but_not_its_query() -> None:
    [found] = findings([refusal("verdict", reason="SQL injection", rules="942100,942190", score=10)])
    assert found == Finding(
        12.5, "waf", "proxy", HIGH, *CLIENT, *SERVER, "shop.example", "/a",
        "refused (request 66a0): SQL injection; rules 942100,942190, score 10", "GET /a?",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "rule", "severity"),
    [
        ("verdict", "waf", HIGH), ("ambiguous", "ambiguous_request", HIGH), ("blocked", "blocked_client", LOW),
        ("limit", "client_limit", MEDIUM), ("undecided", "no_verdict", LOW), ("rule", "forbidden_method", LOW),
        ("new", "new", MEDIUM),
    ],
)  # fmt: skip
def test_causes(cause: str, rule: str, severity: str) -> None:
    [found] = findings([refusal(cause, done=False)])
    assert (found.rule, found.severity) == (rule, severity)
    done = "passed on" if cause == "undecided" else "would have been refused"
    assert found.reason == f"{done} (request 66a0): {cause}"


def test_what_a_client_sent_cannot_reach_the_terminal() -> None:
    [found] = findings([refusal("rule", reason="\x1b[2J", target="/\x1b]0;x\x07" + "a" * 5000)])
    texts = (found.reason, found.path, found.evidence)
    assert all("\x1b" not in text and len(text) < 4100 for text in texts)


class Core:
    """Notes what is blocked."""

    def __init__(self) -> None:
        self.told: list[list[tuple[str, int, str, bool]]] = []

    def block(self, networks: list[tuple[str, int, str, bool]]) -> None:
        self.told.append(networks)


def test_exactly_those_who_are_blocked_are_refused() -> None:
    core = Core()
    bouncer = ProxyBouncer(core)
    bouncer.open()
    for blocked in ({}, {"192.0.2.1": 5.0}, {"192.0.2.1": 9.0}, {"192.0.2.1": 9.0, "2001:db8::/64": 7.0}):
        bouncer.sync(blocked)
    bouncer.close()
    assert [[(address, bits, acts) for address, bits, _, acts in networks] for networks in core.told] == [
        [("192.0.2.1", 32, True)],
        [("192.0.2.1", 32, True), ("2001:db8::", 64, True)],
        [],
    ]
