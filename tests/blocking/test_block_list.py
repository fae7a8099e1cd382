"""Who is blocked, for how long, and who never is."""

from dataclasses import replace

import pytest
from block_scene import CLIENT, START, found

from alerting.alert import Alert, Contributor, SignalUnit
from alerting.events import AlertContinued, AlertDismissed, AlertRaised
from blocking.block import BY_USER, Block, Blocked, BlockEvent, Extended, Lifted, Why, said
from blocking.block_list import BlockList, RefusedError, Terms
from blocking.exempt import Exempt

PROXY, OFFICE, HOST = "10.0.0.0/8", "192.0.2.0/24", "198.51.100.1"
TERMS = Terms(seconds=600, most=3, grace=3600, alerts=frozenset({"dominant_client"}), dry_run=False)


def listed(terms: Terms = TERMS, *, blocks_own: bool = False) -> BlockList:
    return BlockList(terms, Exempt([PROXY, OFFICE], [HOST], blocks_own=blocks_own))


def told(events: list[BlockEvent]) -> list[tuple[str, str]]:
    """What happened, to whom."""
    return [(type(event).__name__, event.block.network) for event in events]


def alert(share: float = 0.8, signal: str = "dominant_client", kind: str = "client") -> Alert:
    contributors = (Contributor(kind, CLIENT, 80, share), Contributor("client", "203.0.113.9", 5, 0.05))
    return Alert(signal, START, None, 9, 9, 1, 1, 2, SignalUnit.PERCENT, contributors=contributors)


def test_a_finding_blocks_its_client_for_a_time() -> None:
    blocks = listed()
    assert told(blocks.found(found())) == [("Blocked", CLIENT)]
    assert told(blocks.advance(START + 599.9)) == []
    assert blocks.advance(START + 700) == [Lifted(START + 600, blocks_block(), Why.EXPIRED)]
    assert blocks.blocks == ()


def blocks_block() -> Block:
    return listed().found(found())[0].block


@pytest.mark.parametrize(
    ("severity", "least", "blocked"),
    [("critical", "high", True), ("high", "high", True), ("medium", "high", False), ("info", "info", True)],
)
def test_severity_decides(severity: str, least: str, blocked: bool) -> None:
    assert bool(listed(replace(TERMS, severity=least)).found(found(severity=severity))) is blocked


@pytest.mark.parametrize(
    ("rules", "ignored", "severity", "blocked"),
    [
        ({"path_scan"}, set(), "info", True),
        ({"login_guessing"}, set(), "medium", False),
        (set(), {"path_scan"}, "critical", False),
        ({"path_scan"}, {"path_scan"}, "critical", False),
    ],
)
def test_rules_can_be_chosen_and_ignored(rules: set[str], ignored: set[str], severity: str, blocked: bool) -> None:
    terms = replace(TERMS, rules=frozenset(rules), ignored=frozenset(ignored))
    assert bool(listed(terms).found(found(severity=severity))) is blocked


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ("10.1.2.3", "never blocked"),  # a trusted proxy
        ("192.0.2.9", "never blocked"),  # on the allow list
        ("127.0.0.1", "never blocked"),
        ("::1", "never blocked"),
        (HOST, "never blocked"),  # this host
        ("0.0.0.0", "never blocked"),
        ("224.0.0.1", "never blocked"),
        ("255.255.255.255", "never blocked"),
        ("ff02::1", "never blocked"),
        ("::", "never blocked"),
        ("::ffff:10.1.2.3", "never blocked"),  # IPv4 in IPv6
        ("2001:db8::7 ", "no address"),
        ("example.com", "no address"),
        ("fe80::1%eth0", "no address"),
    ],
)
def test_some_are_never_blocked(client: str, why: str) -> None:
    blocks = listed()
    assert blocks.found(found(client)) == []
    assert dict(blocks.spared) == {why: 1}


def test_a_finding_without_a_client_blocks_nobody() -> None:
    assert listed().found(found("")) == []


def test_the_server_of_a_finding_is_never_blocked() -> None:
    blocks = listed()
    assert blocks.found(found("203.0.113.1", server="203.0.113.1")) == []
    assert dict(blocks.spared) == {"the server's own": 1}


def test_the_own_host_is_blocked_only_if_a_setting_says_so() -> None:
    assert told(listed(blocks_own=True).found(found("127.0.0.2"))) == [("Blocked", "127.0.0.2")]


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.200", "203.0.113.0/24"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
    ],
)
def test_a_prefix_is_blocked_as_a_whole(client: str, network: str) -> None:
    blocks = listed(replace(TERMS, prefix_v4=24))
    assert told(blocks.found(found(client))) == [("Blocked", network)]
    assert blocks.found(found(client, at=1)) == []
    assert [block.offences for block in blocks.blocks] == [2]


def test_a_prefix_with_an_allowed_address_is_not_blocked() -> None:
    blocks = BlockList(replace(TERMS, prefix_v4=24), Exempt(["203.0.113.250"]))
    assert blocks.found(found()) == []


def test_offences_make_a_block_longer_in_steps() -> None:
    blocks = listed()
    blocks.found(found())
    assert told(blocks.found(found(at=59))) == []  # less than a tenth of its length
    assert told(blocks.found(found(at=60))) == [("Extended", CLIENT)]
    assert (blocks.blocks[0].until, blocks.blocks[0].offences) == (START + 660, 3)
    assert blocks.advance(START + 659) == []
    assert told(blocks.advance(START + 660)) == [("Lifted", CLIENT)]


def test_an_earlier_finding_makes_no_block_shorter() -> None:
    blocks = listed()
    blocks.found(found(at=100))
    assert blocks.found(found(at=0)) == []
    assert blocks.blocks[0].until == START + 700


def test_a_full_list_makes_room_by_what_would_end_first() -> None:
    blocks = listed()
    for number, at in enumerate((0, 10, 20)):
        blocks.found(found(f"203.0.113.{number}", at))
    blocks.found(found("203.0.113.0", at=100))  # the first one goes on offending
    assert told(blocks.found(found("203.0.113.9", at=101))) == [("Lifted", "203.0.113.1"), ("Blocked", "203.0.113.9")]
    assert [block.network for block in blocks.blocks] == ["203.0.113.2", "203.0.113.0", "203.0.113.9"]
    assert dict(blocks.spared) == {"displaced": 1}


def test_a_lifted_client_is_left_alone_for_a_while() -> None:
    blocks = listed()
    blocks.found(found())
    assert blocks.lift(CLIENT, START + 5) == [Lifted(START + 5, blocks_block(), Why.LIFTED)]
    assert blocks.lift(CLIENT, START + 6) == []
    assert blocks.found(found(at=7)) == []
    blocks.advance(START + 5 + 3600)
    assert told(blocks.found(found(at=5 + 3600))) == [("Blocked", CLIENT)]


def test_a_block_is_lifted_by_any_of_its_addresses_or_its_network() -> None:
    for name in ("2001:db8::9", "2001:db8::/64"):
        blocks = listed()
        blocks.found(found("2001:db8::1"))
        assert told(blocks.lift(name, START)) == [("Lifted", "2001:db8::/64")]


def test_a_user_blocks_whom_they_name_even_after_lifting() -> None:
    blocks = listed()
    blocks.found(found())
    blocks.lift(CLIENT, START)
    (event,) = blocks.add(CLIENT, START + 1, 60, "asked")
    assert isinstance(event, Blocked)
    assert (event.block.rule, event.block.reason, event.block.until) == (BY_USER, "asked", START + 61)


@pytest.mark.parametrize(("text", "words"), [("10.0.0.1", "never blocked"), ("nobody", "is not an address")])
def test_a_user_cannot_block_everybody(text: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        listed().add(text, START, 60, "")


def test_chosen_alerts_block_clients_with_a_large_share() -> None:
    blocks = listed()
    assert told(blocks.alerted(AlertRaised(START, alert()))) == [("Blocked", CLIENT)]
    assert told(blocks.alerted(AlertContinued(START + 120, alert()))) == [("Extended", CLIENT)]
    assert blocks.alerted(AlertDismissed(START + 240, alert())) == []


@pytest.mark.parametrize("other", [alert(share=0.4), alert(signal="request_rate"), alert(kind="section")])
def test_other_alerts_block_nobody(other: Alert) -> None:
    assert listed().alerted(AlertRaised(START, other)) == []


def test_the_end_lifts_everything() -> None:
    blocks = listed()
    blocks.found(found())
    blocks.found(found("203.0.113.8"))
    ended = blocks.end(START + 9)
    assert [event.why for event in ended if isinstance(event, Lifted)] == [Why.ENDED, Why.ENDED]
    assert blocks.blocks == ()


def test_a_line_says_what_happened_and_in_a_dry_run_what_would_have() -> None:
    (event,) = listed().found(found(), "behind a proxy")
    assert said(event) == f"Blocked {CLIENT} for 600 s: path_scan: asked for 30 missing paths; behind a proxy"
    (dry,) = listed(replace(TERMS, dry_run=True)).found(found())
    assert said(dry).startswith(f"Would block {CLIENT} for 600 s")
    over = Lifted(START + 600, dry.block, Why.EXPIRED)
    assert said(over) == f"Would no longer block {CLIENT}: its time is over (was path_scan)"
    longer = Extended(START + 60, replace(event.block, until=START + 660))
    assert said(longer).startswith(f"Blocked {CLIENT} for 600 s")
