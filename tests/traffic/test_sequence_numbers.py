"""Sequence numbers out of line: keep-alive probes, guessed RSTs, ports used again, generated segments."""

import pytest
from decoders import decoder, fed, finished
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import ACK, CLIENT, FIN, MASK, PSH, RST, SERVER, Segment, Talk, decode, get, ok

from traffic.frame import Frame
from traffic.records import COMPLETE, GAP, RESET, TcpConnection

pytestmark = pytest.mark.usefixtures("each_decoder")

BOTH = [("/one", 200), ("/two", 404)]
STARTS = [(1000, 5000), (MASK, MASK), (MASK - 30, MASK - 30), (0, 0)]


def probe(talk: Talk, side: int, byte: bytes = b"\0") -> Talk:
    """Send a keep-alive probe of one garbage byte (RFC 9293 section 3.8.4), and acknowledge it."""
    talk.segments.append(Segment(talk.time, side, (talk.next[side] - 1) & MASK, talk.next[1 - side], ACK, byte))
    return talk.wait(talk.step).send(1 - side)


class TestKeepAlive:
    @pytest.mark.parametrize("first", STARTS)
    @pytest.mark.parametrize("side", [CLIENT, SERVER])
    def test_a_probe_is_neither_an_overlap_nor_sent_again(self, first: tuple[int, int], side: int) -> None:
        talk = probe(Talk(first=first), side).client(get("/one")).send(SERVER).server(ok()).send(CLIENT)
        for _ in range(3):
            probe(talk.wait(45), side)
        talk.client(get("/two")).server(ok(status=404)).send(CLIENT).close()
        one = decoder(wanted={TcpConnection})
        records = fed(one, talk.frames) + finished(one)
        assert [record.resent_bytes for record in records if isinstance(record, TcpConnection)] == [0]
        assert decode(talk.frames).pairs == BOTH
        assert (one.health.oddities, one.health.gaps) == ({}, 0)

    def test_a_probe_of_which_the_byte_was_not_captured(self) -> None:
        talk = probe(Talk().client(get("/one")).server(ok()).send(CLIENT).wait(45), CLIENT)
        talk.client(get("/two")).server(ok(status=404))
        frames = talk.frames
        frames[6] = frames[6]._replace(data=frames[6].data[:-1])
        decoded = decode(frames)
        assert decoded.pairs == BOTH
        assert (decoded.health.oddities, decoded.health.gaps) == ({}, 0)

    def test_a_byte_that_was_not_acknowledged_is_sent_again(self) -> None:
        talk = Talk().client(b"GET ").send(SERVER).client(get("/one")[4:], size=1)
        talk.segments.append(talk.segments[-1]._replace(data=b"x", time=talk.time))
        assert decode(talk.frames).health.oddities == {"overlap with different bytes": 1}

    @pytest.mark.parametrize("side", [CLIENT, SERVER])
    @pytest.mark.parametrize("pause", [0.01, 45.0])
    @pytest.mark.parametrize("probes", [1, 3])
    def test_a_connection_joined_at_a_probe_pairs_its_exchanges(self, side: int, pause: float, probes: int) -> None:
        talk = Talk(handshake=False)
        for _ in range(probes):
            probe(talk, side).wait(pause)
        talk.client(get("/one")).server(ok()).wait(pause).client(get("/two")).server(ok(status=404))
        decoded = decode(talk.frames)
        assert decoded.pairs == BOTH
        assert (decoded.health.oddities, decoded.health.gaps) == ({}, 0)

    def test_a_connection_joined_at_probes_of_both_sides(self) -> None:
        talk = probe(probe(Talk(handshake=False), SERVER).wait(75), CLIENT).wait(75)
        assert decode(talk.client(get("/one")).server(ok()).frames).pairs == [("/one", 200)]


class TestResets:
    @pytest.mark.parametrize("ahead", [(0, 1460, 4380), (4380, 1460, 0), (1460, 0, 4380)])
    @pytest.mark.parametrize("time", [0.001, 0.3])
    def test_resets_at_several_numbers_are_one_reset_and_no_gap(self, ahead: tuple[int, ...], time: float) -> None:
        talk = Talk().client(get("/blocked")).send(SERVER)
        for distance in ahead:
            number = talk.next[SERVER] + distance
            talk.segments.append(Segment(talk.time, SERVER, number, talk.next[CLIENT], RST | ACK))
            talk.wait(time)
        decoded = decode([*talk.reset(CLIENT).frames, *Talk(client_port=1, time=1010.0).client(get()).frames])
        assert decoded.pairs[0] == ("/blocked", None)
        assert decoded.endings[0] == RESET
        assert (decoded.health.gaps, decoded.health.missing_bytes, decoded.held) == (0, 0, 0)

    def test_data_goes_on_after_resets_at_several_numbers(self) -> None:
        talk = Talk().client(get("/one"))
        for distance in (0, 1460, 4380):
            talk.segments.append(Segment(talk.time, SERVER, talk.next[SERVER] + distance, 0, RST))
        decoded = decode(talk.server(ok()).wait(3).client(get("/two")).server(ok(status=404)).frames)
        assert decoded.pairs == BOTH
        assert decoded.health.oddities == {"data after RST": 1}


def data_only(talk: Talk) -> Talk:
    talk.segments = [segment for segment in talk.segments if segment.data]
    return talk


class TestPortsUsedAgainWithoutSyn:
    @pytest.mark.parametrize(
        "again", [(900_000_000, 700_000_000), (3_000_000_000, 2_500_000_000), (900_000_000, 3_500_000_000)]
    )
    @pytest.mark.parametrize("pause", [0.01, 40.0])
    def test_numbers_far_off_are_a_new_connection(self, again: tuple[int, int], pause: float) -> None:
        answer = b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000
        old = data_only(Talk().client(get("/old", version="1.0")).server(answer))
        new = data_only(Talk(first=again, time=old.time + pause).client(get("/new", version="1.0")).server(answer))
        decoded = decode(old.frames + new.frames)
        assert decoded.pairs == [("/old", 200), ("/new", 200)]
        assert [exchange.response_bytes for exchange in decoded.exchanges] == [3000, 3000]
        assert decoded.endings[0] == GAP
        assert (decoded.health.gaps, decoded.health.missing_bytes, decoded.held) == (0, 0, 0)
        assert decoded.health.oddities == {"sequence number jump": 1}

    def test_a_long_upload_that_nobody_acknowledges(self) -> None:
        old = data_only(Talk().client(get("/old")).server(ok()))
        new = Talk(first=(900_000_000, 700_000_000), time=1040.0)
        new = data_only(new.client(get("/new", method="POST", body=b"x" * 40_000)).server(ok()))
        decoded = decode(old.frames + new.frames)
        assert decoded.pairs == [("/old", 200), ("/new", 200)]
        assert [exchange.request_bytes for exchange in decoded.exchanges] == [0, 40_000]

    @pytest.mark.parametrize("side", [CLIENT, SERVER])
    @pytest.mark.parametrize("pause", [0.001, 3.0])
    def test_forged_data_does_not_end_a_connection_that_goes_on(self, side: int, pause: float) -> None:
        talk = Talk().client(get("/one"))
        for number in range(3):
            forged = Segment(talk.time, side, 900_000_000 + number, 3_000_000_000, ACK, get("/forged") + ok())
            talk.segments.append(forged)
            talk.wait(pause).send(1 - side)  # the answer to an unacceptable segment (RFC 9293 section 3.10.7.4)
        decoded = decode(talk.server(ok()).client(get("/two")).server(ok(status=404)).frames)
        assert decoded.pairs == BOTH
        assert decoded.health.oddities == {"sequence number jump": 3}
        assert (decoded.health.gaps, decoded.held) == (0, 0)

    @pytest.mark.parametrize("end", ["reset", "fin"])
    def test_numbers_further_on_than_a_connection_that_is_ending(self, end: str) -> None:
        old = Talk().client(get("/one")).server(ok())
        old = old.reset(CLIENT) if end == "reset" else old.fin(SERVER)
        new = Talk(first=(500_000, 700_000), time=old.time, handshake=False).client(get("/two")).server(ok(status=404))
        decoded = decode(old.frames + new.frames)
        assert decoded.pairs == BOTH
        assert (decoded.health.gaps, decoded.health.missing_bytes) == (0, 0)

    def test_half_a_close_ends_nothing(self) -> None:
        talk = Talk().client(get("/one", method="POST", body=b"x" * 100)[:-50]).fin(SERVER)
        talk.client(b"x" * 20, lost=True).client(b"x" * 30).send(SERVER).fin(CLIENT)
        decoded = decode(talk.frames)
        assert decoded.exchanges[0].request_bytes == 100
        assert decoded.health.missing_bytes == 20

    @pytest.mark.parametrize("side", [CLIENT, SERVER])
    def test_of_one_side(self, side: int) -> None:
        old = data_only(Talk().client(get("/one")).server(ok()))
        new = data_only(Talk(first=(900_000_000, 700_000_000), time=1040.0).client(get("/two")).server(ok(status=404)))
        decoded = decode([frame for talk in (old, new) for frame in _of(talk, side)])
        assert len(decoded.exchanges) == 2
        assert decoded.health.missing_bytes == 0

    def test_a_long_gap_of_one_side_stays_a_gap_of_its_connection(self) -> None:
        size = 2**27
        talk = Talk().client(get("/big")).server(f"HTTP/1.1 200 OK\r\nContent-Length: {size + 4}\r\n\r\nab".encode())
        talk.next[SERVER] += size
        talk.server(b"yz").send(CLIENT).wait(5).client(get("/two")).server(ok(status=404))
        decoded = decode(talk.frames)
        assert decoded.pairs == [("/big", 200), ("/two", 404)]
        assert (decoded.exchanges[0].response_bytes, decoded.exchanges[0].missing_bytes) == (size + 4, size)


def _of(talk: Talk, side: int) -> list[Frame]:
    return [talk.frame(segment) for segment in talk.segments if segment.side == side]


class TestGenerated:
    @pytest.mark.parametrize("syn", [100, 0, MASK, MASK - 20])
    def test_data_that_begins_at_the_number_of_the_syn(self, syn: int) -> None:
        talk = Talk(first=(syn, 300))
        talk.next = [syn, 300]
        talk.client(get("/one")).server(ok()).client(get("/two")).server(ok(status=404)).close()
        decoded = decode(talk.frames)
        assert decoded.pairs == BOTH
        assert decoded.endings == [COMPLETE, COMPLETE]
        assert decoded.health.oddities == {"data at the number of the SYN": 2}
        assert (decoded.health.gaps, decoded.health.connections) == (0, 0)

    @pytest.mark.parametrize("handshake", [True, False])
    @pytest.mark.parametrize("flags", [PSH | ACK, PSH])
    def test_all_numbers_are_0(self, handshake: bool, flags: int) -> None:
        talk = Talk(handshake=handshake).client(get("/one")).server(ok()).client(get("/two")).server(ok(status=404))
        talk.segments = [
            segment._replace(seq=0, ack=0, flags=flags if segment.data else segment.flags)
            for segment in talk.close().segments
        ]
        decoded = decode(talk.frames)
        assert decoded.pairs == BOTH
        assert decoded.health.oddities["sequence numbers all 0"] > 4
        assert (decoded.health.gaps, decoded.held) == (0, 0)

    def test_connections_between_the_same_ports_with_all_numbers_0(self) -> None:
        talk = Talk(first=(0, 0)).client(get("/one")).server(ok()).close()
        talk.segments = [segment._replace(seq=0, ack=0) for segment in talk.segments]
        again = [segment._replace(time=segment.time + 1) for segment in talk.segments]
        assert decode(talk.frames + [talk.frame(segment) for segment in again]).pairs == [("/one", 200)] * 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from([CLIENT, SERVER]),
            st.sampled_from([0, 1, MASK, 1000, 1001, 2**26, 2**30, 2**31, 3 * 2**30]),
            st.sampled_from([0, 1, 5000, 5001, 2**30, 3 * 2**30]),
            st.sampled_from([ACK, PSH | ACK, PSH, FIN | ACK, RST, RST | ACK, 2, 18]),
            st.sampled_from([b"", b"\0", get("/x"), ok(), b"xy"]),
            st.sampled_from([0.0, 0.01, 2.0, 6.0, 700.0]),
        ),
        max_size=25,
    )
)
@settings(max_examples=300, derandomize=True)
def test_any_numbers_leave_nothing_behind(said: list[tuple[int, int, int, int, bytes, float]]) -> None:
    talk = Talk()
    for side, seq, ack, flags, octets, pause in said:
        talk.wait(pause)
        talk.segments.append(Segment(talk.time, side, seq, ack, flags, octets))
    assert decode(talk.frames).held == 0
