"""The connection table: lookup by address, and limits on number and time."""

import pytest
from wire import Talk, decode, get, ok

from traffic.flows import address_size, reversed_key
from traffic.limits import Limits
from traffic.records import COMPLETE, EVICTED

pytestmark = pytest.mark.usefixtures("each_decoder")

IPV4_KEY = bytes.fromhex("0a0000010a0000029c400050")
IPV6_KEY = bytes(15) + b"\1" + bytes(15) + b"\2" + bytes.fromhex("9c400050")


@pytest.mark.parametrize("key", [IPV4_KEY, IPV6_KEY, IPV4_KEY + b"\0\5"])
def test_a_key_reversed_twice_is_the_key(key: bytes) -> None:
    assert reversed_key(key) != key
    assert reversed_key(reversed_key(key)) == key


def test_a_key_knows_the_size_of_its_addresses() -> None:
    assert (address_size(IPV4_KEY), address_size(IPV6_KEY)) == (4, 16)


@pytest.mark.parametrize("addresses", [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")])
def test_ipv4_and_ipv6(addresses: tuple[str, str]) -> None:
    (exchange,) = decode(Talk(addresses=addresses).client(get()).server(ok()).frames).exchanges
    assert (exchange.client, exchange.server) == addresses


def test_many_connections_at_a_time_do_not_mix() -> None:
    talks = [Talk(client_port=10000 + number) for number in range(50)]
    for step in range(3):
        for number, talk in enumerate(talks):
            talk.client(get(f"/{number}/{step}")).server(ok(status=200 + number))
    frames = sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.time)
    assert sorted(decode(frames).pairs, key=str) == sorted(
        ((f"/{number}/{step}", 200 + number) for number in range(50) for step in range(3)), key=str
    )


def test_the_longest_idle_connection_is_evicted_first() -> None:
    idle, busy, new = Talk(client_port=1, time=0.0), Talk(client_port=2, time=1.0), Talk(client_port=3, time=9.0)
    idle.client(get("/idle"))
    busy.client(get("/busy")).wait(5).server(ok())
    new.client(get("/new")).server(ok())
    decoded = decode(idle.frames + busy.frames + new.frames, Limits(connections=2))
    assert decoded.pairs == [("/busy", 200), ("/idle", None), ("/new", 200)]
    assert decoded.endings[1] == EVICTED


def test_connections_in_use_are_passed_over_when_one_is_evicted() -> None:
    busy = [Talk(client_port=port, time=float(port)).client(get(f"/{port}")) for port in (1, 2)]
    idle = Talk(client_port=3, time=3.0).client(get("/idle"))
    before = [*busy[0].frames, *busy[1].frames, *idle.frames]
    for talk in busy:
        talk.wait(5).server(ok())
    new = Talk(client_port=4, time=9.0).client(get("/new")).server(ok())
    decoded = decode([*before, busy[0].frames[-1], busy[1].frames[-1], *new.frames], Limits(connections=3))
    assert decoded.pairs == [("/1", 200), ("/2", 200), ("/idle", None), ("/new", 200)]
    assert decoded.health.evicted == 1


def test_silent_connections_evict_no_others() -> None:
    talk = Talk(client_port=1, time=0.0).client(get("/slow"))
    flood = [Talk(client_port=port, time=1.0).frames[0] for port in range(1000, 1100)]
    talk.wait(5).server(ok())
    decoded = decode(talk.frames[:-1] + flood + talk.frames[-1:], Limits(connections=2))
    assert decoded.pairs == [("/slow", 200)]
    assert decoded.health.evicted == 96


def test_a_refused_connection_leaves_nothing_behind() -> None:
    refused = Talk(client_port=1, time=0.0)
    frames = refused.frames[:1] + Talk(client_port=1, time=0.1).reset(1).frames[-1:]
    decoded = decode(frames)
    assert (decoded.exchanges, decoded.health.connections, decoded.held) == ([], 0, 0)


def test_a_connection_in_use_does_not_time_out() -> None:
    talk = Talk()
    for number in range(5):
        talk.client(get(f"/{number}")).wait(200).server(ok())
    decoded = decode(talk.frames, Limits(connection_timeout=300))
    assert (decoded.endings, decoded.health.connections) == ([COMPLETE] * 5, 1)


def test_closed_connections_are_remembered_only_for_a_while() -> None:
    first = Talk().client(get("/1")).server(ok()).close()
    again = Talk(time=first.time + 60, handshake=False).client(get("/2")).server(ok())
    assert decode(first.frames + again.frames, Limits(closed_timeout=5)).pairs == [("/1", 200), ("/2", 200)]


def test_a_closed_connection_is_forgotten_at_the_very_end_of_its_time() -> None:
    first = Talk(step=1 / 32).client(get("/1")).server(ok()).close()
    until = first.segments[-1].time + 5
    other = Talk(client_port=1, time=until - 7 / 32, step=1 / 32).client(get("/other")).server(ok())
    again = Talk(time=until - 3 / 32, step=1 / 32, handshake=False).client(get("/2")).server(ok())
    assert again.segments[0].time == until
    frames = sorted(first.frames + other.frames + again.frames, key=lambda frame: frame.time)
    decoded = decode(frames, Limits(closed_timeout=5))
    assert sorted(decoded.pairs, key=str) == [("/1", 200), ("/2", 200), ("/other", 200)]


def test_what_the_end_of_the_capture_cuts_short_ends_with_its_last_packet() -> None:
    talk = Talk().client(get())
    (exchange,) = decode(talk.frames).exchanges
    assert exchange.time == talk.segments[-1].time
