"""Clients that keep a server busy by being slow are found; gateways and users with a bad line are left alone."""

from collections.abc import Iterable, Sequence

import pytest
from detecting import BEGIN, CLIENT, found, kinds, visits
from records import strain

from traffic.finding import HIGH, LOW, MEDIUM
from traffic.records import (
    ABANDONED,
    HALF_OPEN,
    REFUSED,
    SLOW_BODY,
    SLOW_HANDSHAKE,
    SLOW_HEAD,
    SLOW_READ,
    Exchange,
    Strain,
)

SLOW = {"slow_heads": SLOW_HEAD, "slow_bodies": SLOW_BODY, "slow_reads": SLOW_READ, "slow_handshakes": SLOW_HANDSHAKE}
ATTACK = BEGIN + 90
BIG = 10_000
"""Records of a batch: a test looks at all of them together unless it is about batches."""


def slow(
    number: int,
    kind: str = SLOW_HEAD,
    clients: Sequence[str] = (CLIENT,),
    begin: float = ATTACK,
    periods: int = 6,
    amount: int = 1,
) -> list[Strain]:
    """Return `number` connections that are told every 5 s, 10 s after they began."""
    return [
        strain(
            time=begin + 10 + 5 * period + 4.0 * place / number,
            since=begin,
            client=clients[place % len(clients)],
            client_port=2000 + place,
            kind=kind,
            amount=amount,
        )
        for period in range(periods)
        for place in range(number)
    ]


def people(rate: float = 5.0, seconds: int = 150, client: str = "") -> list[Exchange]:
    """Return the visits of 20 clients, or of one, over two and a half minutes."""
    step = 1 / rate
    return [
        each
        for number in range(int(seconds * rate))
        for each in visits(["/"], client=client or f"198.51.100.{number % 20}", begin=BEGIN + number * step)
    ]


def mixed(*parts: Iterable[Exchange | Strain]) -> list[Exchange | Strain]:
    return sorted((each for part in parts for each in part), key=lambda each: each.time)


# slow clients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind"), SLOW.items())
def test_a_client_with_many_slow_connections_is_found_within_a_minute(name: str, kind: str) -> None:
    for size in (1, 50, BIG):
        (finding,) = found(name, mixed(people(), slow(60, kind)), size)
        assert (finding.rule, finding.client, finding.severity) == (name, CLIENT, MEDIUM)
        assert finding.technique == "T1499.002"
        assert "keeps 60 " in finding.reason
        assert finding.time - ATTACK < 40


def test_each_kind_is_found_by_its_own_detector() -> None:
    for name in SLOW:
        others = [kind for detector, kind in SLOW.items() if detector != name]
        assert found(name, mixed(people(), *(slow(60, kind) for kind in others)), BIG) == []


def test_very_many_slow_connections_are_worse_and_told_once() -> None:
    ramp = mixed(people(), slow(30, periods=3), slow(500, begin=ATTACK + 15))
    assert [each.severity for each in found("slow_heads", ramp, 100)] == [MEDIUM, HIGH]
    assert [
        each.severity for each in found("slow_heads", mixed(people(), slow(500), slow(30, begin=ATTACK + 30)), 100)
    ] == [HIGH]


def test_streams_of_one_connection_count_like_connections() -> None:
    (finding,) = found("slow_bodies", mixed(people(), slow(1, SLOW_BODY, amount=90)), 50)
    assert "keeps 90 " in finding.reason


@pytest.mark.parametrize("number", [1, 5, 19])
def test_a_user_with_a_bad_line_is_left_alone(number: int) -> None:
    assert found("slow_heads", mixed(people(), slow(number)), 50) == []


def test_a_gateway_with_many_users_is_left_alone() -> None:
    assert found("slow_reads", mixed(people(rate=20, client=CLIENT), slow(60, SLOW_READ)), 50) == []


def test_an_attack_that_ends_at_once_is_forgotten() -> None:
    assert (
        found("slow_heads", mixed(people(), slow(60, periods=1)[:10], slow(10, begin=ATTACK + 60, periods=1)), 50) == []
    )


def test_many_clients_with_a_few_slow_connections_each_are_found() -> None:
    clients = [f"203.0.113.{number}" for number in range(60)]
    (finding,) = found("slow_heads", mixed(people(), slow(300, clients=clients)), 50)
    assert (finding.client, finding.server, finding.server_port) == ("", "10.0.0.5", 80)
    assert (finding.severity, "60 clients keep 300 " in finding.reason) == (MEDIUM, True)


def test_what_is_usual_at_a_server_is_left_alone() -> None:
    clients = [f"203.0.113.{number}" for number in range(60)]
    always = slow(120, clients=clients, begin=BEGIN - 10, periods=40)
    severities = {each.severity for each in found("slow_heads", mixed(people(seconds=300), always), 50)}
    assert severities <= {LOW}  # at first, it is not known what is usual


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detection.slow.MAX_CONNECTIONS", 100)
    (finding,) = found("slow_heads", mixed(people(), slow(1000)), 50)
    assert "keeps 100 " in finding.reason


# half-open connections ------------------------------------------------------------------------------------------------


def half_open(
    rate: int, client: str = CLIENT, begin: float = ATTACK, seconds: int = 30, kind: str = HALF_OPEN
) -> list[Strain]:
    """Return one row each second that stands for `rate` connections."""
    return [
        strain(time=begin + 5 + second, since=begin + second, client=client, client_port=0, kind=kind, amount=rate)
        for second in range(seconds)
    ]


def test_a_flood_of_half_open_connections_is_found_with_its_client() -> None:
    (finding,) = found("half_open", mixed(people(seconds=500), half_open(100, begin=BEGIN + 400)), 50)
    assert (finding.client, finding.technique, finding.severity) == (CLIENT, "T1499.001", MEDIUM)
    assert (
        "connections to 10.0.0.5 port 80 were not completed in a minute, 100% of them from 203.0.113.9"
        in finding.reason
    )
    assert finding.time - (BEGIN + 400) < 60


def test_a_flood_from_many_addresses_names_none() -> None:
    (finding,) = found("half_open", mixed(people(seconds=500), half_open(100, "", begin=BEGIN + 400)), 50)
    assert (finding.client, "from many addresses" in finding.reason) == ("", True)


def test_it_is_worse_if_there_are_very_many() -> None:
    severities = [each.severity for each in found("half_open", mixed(people(), half_open(1000)), 50)]
    assert severities == [MEDIUM, HIGH]
    assert [each.severity for each in found("half_open", mixed(people(), half_open(40)), 50)] == [LOW]


def test_the_noise_of_the_internet_is_left_alone() -> None:
    always = half_open(25, "", begin=BEGIN, seconds=600)
    assert {each.severity for each in found("half_open", mixed(people(seconds=600), always), 50)} <= {LOW}
    assert found("half_open", half_open(3, seconds=300), 50) == []
    assert found("half_open", half_open(500, kind=REFUSED), 50) == []


# scans ----------------------------------------------------------------------------------------------------------------


def tried(ports: int, client: str, kind: str = ABANDONED, times: int = 1) -> list[Strain]:
    return [
        strain(time=ATTACK + number / 10, client=client, server_port=1000 + number % ports, kind=kind)
        for number in range(ports * times)
    ]


def test_a_scan_by_another_clock_hides_no_later_one() -> None:
    ahead = [each._replace(time=each.time + 1e6) for each in tried(60, "10.1.2.9")]
    later = mixed(people(), tried(60, "10.1.2.3"))
    assert [each.client for each in found("syn_scan", [*ahead, *later])] == ["10.1.2.3"]


def test_a_client_that_tries_many_ports_is_found() -> None:
    for kind in (ABANDONED, REFUSED, HALF_OPEN):
        (finding,) = found("syn_scan", mixed(people(), tried(60, "10.1.2.3", kind)))
        assert "tried 60 ports" in finding.reason
        assert (finding.client, finding.severity, finding.technique) == ("10.1.2.3", MEDIUM, "T1046")
    (finding,) = found("syn_scan", mixed(people(), tried(60, "8.8.4.4")))
    assert (finding.severity, finding.technique) == (LOW, "T1595.001")


def test_load_balancers_and_servers_that_are_down_are_no_scan() -> None:
    for unopened in (tried(60, "10.1.2.3", times=5), tried(40, "10.1.2.3"), tried(1, "10.1.2.3", REFUSED, times=500)):
        assert found("syn_scan", mixed(people(), unopened)) == []


# HTTP/2 ---------------------------------------------------------------------------------------------------------------


def floods(kind: str, seconds: int, client: str = CLIENT) -> list[Strain]:
    return [strain(time=ATTACK + second, client=client, kind=kind, amount=100) for second in range(seconds)]


def cancelled(number: int, status: int | None = None) -> list[Exchange]:
    return visits(["/"] * number, step=0.01, begin=ATTACK, status=status, ending="reset", protocol="h2")


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("provoked reset", "provoked_reset"),
        ("SETTINGS flood", "settings_flood"),
        ("PING flood", "ping_flood"),
        ("PRIORITY flood", "priority_flood"),
        ("empty frame flood", "empty_frame_flood"),
        ("CONTINUATION flood", "continuation_flood"),
    ],
)
def test_a_flood_of_frames_is_found_by_its_name(kind: str, rule: str) -> None:
    assert kinds(found("http2_floods", floods(kind, 5))) == [(rule, CLIENT, "T1499.002")]
    assert found("http2_floods", floods(kind, 2)) == []


@pytest.mark.parametrize("status", [None, 200])
def test_rapid_resets_are_found(status: int | None) -> None:
    attack = mixed(people(), floods("rapid reset", 20), cancelled(1000, status))
    assert [(each.rule, each.severity) for each in found("http2_floods", attack)] == [
        ("rapid_reset", MEDIUM),
        ("rapid_reset", HIGH),
    ]


def test_a_proxy_that_passes_on_the_clicks_of_many_users_is_left_alone() -> None:
    visited = visits(["/"] * 3000, step=0.004, begin=ATTACK)
    assert found("http2_floods", mixed(floods("rapid reset", 10), cancelled(1000), visited)) == []
