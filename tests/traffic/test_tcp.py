"""TCP: whatever the order and number of segments, their bytes are delivered once and in order; losses are counted."""

from random import Random

import pytest
from conversations import shuffled
from wire import ACK, CLIENT, FIN, MASK, RST, SERVER, SYN, Segment, Talk, decode, get, ok

from traffic.frame import Frame
from traffic.limits import Limits
from traffic.records import CAPTURE_END, COMPLETE, EVICTED, RESET, TIMEOUT
from traffic.segment import after

pytestmark = pytest.mark.usefixtures("each_decoder")


def dialogue(first: tuple[int, int] = (1000, 5000), size: int = 10) -> Talk:
    """Two requests with bodies and their responses, in small segments."""
    talk = Talk(first=first, segment_size=size)
    talk.client(get("/one", method="POST", body=b"a" * 55)).server(ok(b"b" * 70))
    return talk.client(get("/two")).server(ok(b"c" * 30, status=404)).close()


BOTH = [("/one", 200), ("/two", 404)]
ACROSS_THE_WRAP = (MASK - 60, MASK - 40)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [(5, 3, 2), (3, 5, -2), (1, MASK, 2), (MASK, 1, -2), (0, 0, 0), (2**31, 0, -(2**31)), (2**31 - 1, 0, 2**31 - 1)],
)
def test_distance_of_sequence_numbers_wraps(a: int, b: int, distance: int) -> None:
    assert after(a, b) == distance


@pytest.mark.parametrize("first", [(1000, 5000), ACROSS_THE_WRAP, (MASK, MASK)])
class TestSameRecordsWhateverTheSegments:
    def test_in_order(self, first: tuple[int, int]) -> None:
        decoded = decode(dialogue(first).frames)
        assert decoded.pairs == BOTH
        assert [(e.request_bytes, e.response_bytes) for e in decoded.exchanges] == [(55, 70), (0, 30)]

    def test_out_of_order(self, first: tuple[int, int]) -> None:
        talk = dialogue(first)
        captured = shuffled(Random(1), talk.segments, 4)
        assert decode(talk.as_captured(captured)).said == decode(talk.frames).said

    def test_retransmitted(self, first: tuple[int, int]) -> None:
        talk = dialogue(first)
        twice = [segment for segment in talk.segments for _ in range(2)]
        assert decode(talk.as_captured(twice)).said == decode(talk.frames).said

    def test_overlapping(self, first: tuple[int, int]) -> None:
        talk = dialogue(first)
        wide = [
            segment._replace(data=segment.data + following.data)
            if segment.side == following.side and segment.flags == following.flags and following.data
            else segment
            for segment, following in zip(talk.segments, [*talk.segments[1:], talk.segments[-1]], strict=True)
        ]
        assert decode(talk.as_captured(wide)).said == decode(talk.frames).said

    def test_one_byte_each(self, first: tuple[int, int]) -> None:
        assert decode(dialogue(first, size=1).frames).said == decode(dialogue(first).frames).said


def test_the_first_copy_of_overlapping_bytes_counts() -> None:
    talk = Talk()
    request = get("/first")
    other = talk.segments[-1]._replace(data=get("/other")[:9])
    talk.segments.append(other._replace(seq=other.seq + 4, data=b"/first"))
    talk.segments.append(other)
    talk.client(request)
    talk.server(ok())
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/first", 200)]
    assert decoded.health.oddities["overlap with different bytes"] > 0


def test_a_stream_joined_midway_is_read_from_there() -> None:
    talk = Talk(handshake=False)
    talk.client(get("/before"), lost=True).server(ok(b"x" * 5000)[2000:])
    talk.client(get("/one")).server(ok()).client(get("/two")).server(ok(status=404))
    assert decode(talk.frames).pairs == BOTH


def test_a_syn_with_another_number_is_a_new_connection_between_the_same_ports() -> None:
    old = Talk().client(get("/old")).server(ok())
    new = Talk(first=(777_000, 888_000), time=old.time + 1).client(get("/new")).server(ok()).close()
    assert decode(old.frames + new.frames).pairs == [("/old", 200), ("/new", 200)]


def test_a_retransmitted_syn_changes_nothing() -> None:
    talk = Talk().client(get()).server(ok())
    talk.segments.insert(4, talk.segments[0])
    assert decode(talk.frames).pairs == [("/", 200)]


def test_fin_ends_a_body_that_lasts_until_close() -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000).close()
    (exchange,) = decode(talk.frames).exchanges
    assert (exchange.response_bytes, exchange.ending) == (3000, COMPLETE)


def test_fin_before_lost_data_waits_for_it() -> None:
    talk = Talk().client(get(version="1.0")).server(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000).close()
    late = talk.segments.pop(5)
    (exchange,) = decode(talk.as_captured([*talk.segments, late])).exchanges
    assert (exchange.response_bytes, exchange.missing_bytes, exchange.ending) == (3000, 0, COMPLETE)


def test_fins_captured_before_all_data_wait_for_it() -> None:
    talk = Talk().client(get()).server(ok()).close()
    *hello, request, response, server_fin, client_fin, last = talk.segments
    captured = [*hello, server_fin, client_fin, response, request, client_fin, last]
    decoded = decode(talk.as_captured(captured))
    assert decoded.pairs == [("/", 200)]
    assert (decoded.health.gaps, decoded.health.connections, decoded.held) == (0, 0, 0)


def test_a_fin_before_a_syn_with_another_number_belongs_to_an_old_connection() -> None:
    old = Talk().fin(CLIENT)
    new = Talk(first=(900, 8000), time=old.time).client(get()).server(ok())
    decoded = decode(old.frames + new.frames)
    assert decoded.pairs == [("/", 200)]
    assert (decoded.health.gaps, decoded.health.connections, decoded.held) == (0, 1, 0)


def test_rst_ends_the_current_exchange() -> None:
    talk = Talk().client(get()).server(ok(b"x" * 100)[:60]).reset(CLIENT).wait(10)
    (exchange,) = decode(talk.frames).exchanges
    assert (exchange.status, exchange.ending) == (200, RESET)


def test_rst_a_little_behind_ends_the_exchange_as_well() -> None:
    talk = Talk().client(get()).reset(SERVER)
    reset = talk.segments[-1]
    talk.segments[-1] = reset._replace(seq=reset.seq - 1)
    assert decode([*talk.frames, *Talk(client_port=1, time=1010.0).client(get()).frames]).endings[0] == RESET


def test_rst_outside_the_window_is_ignored() -> None:
    talk = Talk().client(get())
    talk.segments.append(talk.segments[-1]._replace(seq=2**30, flags=RST, data=b""))
    decoded = decode(talk.server(ok()).frames)
    assert decoded.pairs == [("/", 200)]
    assert decoded.health.oddities["RST out of window"] == 1


def test_a_silent_connection_times_out() -> None:
    talk = Talk().client(get())
    later = Talk(client_port=40001, time=2000.0)
    decoded = decode(talk.frames + later.frames, Limits(connection_timeout=300))
    assert decoded.endings == [TIMEOUT]
    assert decoded.exchanges[0].status is None


def test_stragglers_of_a_closed_connection_open_no_new_one() -> None:
    talk = Talk().client(get()).server(ok()).close()
    talk.segments.append(talk.segments[3]._replace(time=talk.time))
    assert len(decode(talk.frames).exchanges) == 1


def test_a_gap_is_a_number_of_bytes() -> None:
    talk = Talk(segment_size=1000).client(get()).server(ok(b"x" * 5000))
    del talk.segments[6:8]
    decoded = decode(talk.frames)
    (exchange,) = decoded.exchanges
    assert (exchange.response_bytes, exchange.missing_bytes, exchange.ending) == (5000, 2000, COMPLETE)
    assert (decoded.health.gaps, decoded.health.missing_bytes) == (1, 2000)


def test_bytes_lost_at_the_end_are_missing_if_they_were_acknowledged() -> None:
    talk = Talk(segment_size=100).client(get("/", method="POST", body=b"x" * 150)).server(ok())
    del talk.segments[4]
    decoded = decode(talk.frames)
    (exchange,) = decoded.exchanges
    assert exchange.status == 200
    assert decoded.health.missing_bytes == exchange.missing_bytes > 0


def test_truncated_frames_are_gaps_of_known_size() -> None:
    talk = Talk().client(get()).server(ok(b"x" * 1300)).client(get("/two")).server(ok(status=404))
    frames = [Frame(f.time, f.link_type, f.data[:200], f.length) for f in talk.frames]
    decoded = decode(frames)
    assert decoded.pairs == [("/", 200), ("/two", 404)]
    assert decoded.exchanges[0].response_bytes == 1300
    assert decoded.health.missing_bytes == decoded.exchanges[0].missing_bytes > 1000


def test_one_sided_captures_yield_requests_or_responses() -> None:
    talk = dialogue()
    client = decode([talk.frame(s) for s in talk.segments if s.side == CLIENT])
    server = decode([talk.frame(s) for s in talk.segments if s.side == SERVER])
    assert [request.target for request in client.requests] == ["/one", "/two"]
    assert all(exchange.status is None for exchange in client.exchanges)
    assert server.pairs == [(None, 200), (None, 404)]


def test_a_retransmission_that_joins_two_responses_does_not_wait_for_the_second_request() -> None:
    talk = Talk().client(get("/one")).server(ok()).client(get("/two")).server(ok(status=404))
    one, two = talk.segments[4], talk.segments[6]
    joined = one._replace(data=one.data + two.data, ack=two.ack)
    captured = [*talk.segments[:4], joined, *talk.segments[4:]]
    assert decode(talk.as_captured(captured)).pairs == BOTH


def test_a_retransmission_that_joins_two_requests_precedes_the_response_to_the_first() -> None:
    talk = Talk().client(get("/one")).server(ok(), size=40).client(get("/two")).server(ok(status=404))
    talk.client(get("/three")).server(ok(status=204))
    *start, rest_of_one, two, response_to_two, three, response_to_three = talk.segments
    joined = two._replace(data=two.data + three.data, ack=three.ack)
    captured = [*start, response_to_two, joined, rest_of_one, response_to_three]
    assert decode(talk.as_captured(captured)).pairs == [*BOTH, ("/three", 204)]


def one_byte(talk: Talk, offset: int, time: float = 1000.0) -> Segment:
    return Segment(time, CLIENT, talk.first[0] + 1 + offset, talk.first[1] + 1, ACK, b"x")


class TestLimits:
    def test_held_segments(self) -> None:
        talk = Talk()
        frames = [talk.frame(one_byte(talk, 2 * number + 5)) for number in range(300)]
        decoded = decode(talk.frames + frames, Limits(held_segments=16))
        assert decoded.health.oddities["reassembly buffer full"] > 0
        assert decoded.health.missing_bytes > 200

    def test_connection_buffer(self) -> None:
        talk = Talk()
        frames = [talk.frame(one_byte(talk, 100 + 1400 * n)._replace(data=b"x" * 1400)) for n in range(100)]
        decoded = decode(talk.frames + frames, Limits(connection_buffer=65536))
        assert decoded.health.oddities["reassembly buffer full"] > 0

    def test_total_buffer(self) -> None:
        talks = [Talk(client_port=10000 + number) for number in range(100)]
        frames = [
            frame
            for talk in talks
            for frame in [*talk.frames, talk.frame(one_byte(talk, 9)._replace(data=b"x" * 1400))]
        ]
        decoded = decode(frames, Limits(total_buffer=20_000))
        assert decoded.health.oddities["reassembly buffer full"] > 0
        assert decoded.held == 0

    def test_connections(self) -> None:
        frames = [frame for port in range(100) for frame in Talk(client_port=10000 + port).client(get()).frames]
        decoded = decode(frames, Limits(connections=10))
        assert decoded.health.evicted == 90
        assert decoded.endings == [EVICTED] * 90 + [CAPTURE_END] * 10

    def test_gap_timeout(self) -> None:
        talk = Talk(segment_size=100).client(get()).server(ok(b"x" * 500))
        lost = talk.segments.pop(5)
        waits = decode([*talk.frames, talk.frame(lost)], Limits(gap_timeout=1))
        gone = decode([*talk.wait(5).client(get("/two")).frames, talk.frame(lost)], Limits(gap_timeout=1))
        assert waits.health.missing_bytes == 0
        assert gone.health.missing_bytes == 100

    @pytest.mark.parametrize("flags", [0, FIN, SYN, RST, FIN | SYN, SYN | RST, FIN | SYN | RST | ACK, 0xFF])
    def test_any_flags_are_harmless(self, flags: int) -> None:
        talk = Talk().client(get())
        talk.segments.append(talk.segments[-1]._replace(flags=flags))
        assert decode(talk.server(ok()).frames).held == 0


def test_a_retransmission_with_different_bytes_is_counted_and_the_first_copy_counts() -> None:
    talk = Talk().client(get("/first"))
    again = Talk().client(get("/other"))
    talk.segments.append(again.segments[-1]._replace(time=talk.time))
    decoded = decode(talk.server(ok()).frames)
    assert decoded.pairs == [("/first", 200)]
    assert decoded.health.oddities["overlap with different bytes"] == 1


def test_a_retransmission_with_the_same_bytes_is_not_an_oddity() -> None:
    talk = Talk().client(get("/first"))
    talk.segments.append(talk.segments[-1]._replace(time=talk.time))
    talk.server(ok())
    talk.segments.append(talk.segments[-1]._replace(time=talk.time))
    talk.client(get("/second")).wait(5).send(1, b"lost", lost=True).server(ok()).wait(5).fin(1)
    talk.segments += [segment._replace(time=talk.time) for segment in talk.segments[3:]]
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/first", 200), (None, 200), ("/second", None)]
    assert decoded.health.oddities == {}
