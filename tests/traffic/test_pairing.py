"""Pairs responses with requests: by order if nothing is lost, by proof after a loss, never by a guess."""

import pytest
from wire import CLIENT, SERVER, Talk, chunked, decode, get, ok

from traffic.limits import Limits
from traffic.records import CAPTURE_END, CLOSED, COMPLETE, EVICTED, GAP

pytestmark = pytest.mark.usefixtures("each_decoder")


def test_keep_alive() -> None:
    talk = Talk()
    for number in range(5):
        talk.client(get(f"/{number}")).server(ok(status=200 + number))
    assert decode(talk.frames).pairs == [(f"/{number}", 200 + number) for number in range(5)]


def test_pipelining() -> None:
    talk = Talk().client(get("/1") + get("/2") + get("/3")).server(ok(status=201) + ok(status=202) + ok(status=203))
    assert decode(talk.frames).pairs == [("/1", 201), ("/2", 202), ("/3", 203)]


def test_the_protocol_of_an_exchange_is_the_version_of_its_request() -> None:
    talk = Talk().client(get("/1", version="1.0")).server(ok()).client(get("/2")).server(ok())
    talk.client(get("/lost"), lost=True).server(ok())
    exchanges = decode(talk.frames).exchanges
    assert [exchange.protocol for exchange in exchanges] == ["http/1.0", "http/1.1", ""]


def test_a_lost_request_leaves_its_response_alone_and_the_next_pair_is_found() -> None:
    talk = Talk().client(get("/lost"), lost=True).server(ok(status=201))
    talk.client(get("/2")).server(ok(status=202)).client(get("/3")).server(ok(status=203))
    decoded = decode(talk.frames)
    assert decoded.pairs == [(None, 201), ("/2", 202), ("/3", 203)]
    assert (decoded.health.unpaired_responses, decoded.health.missing_bytes) == (1, len(get("/lost")))


def test_a_lost_response_leaves_its_request_alone_and_the_next_pair_is_found() -> None:
    talk = Talk().client(get("/1")).server(ok(), lost=True)
    talk.client(get("/2")).server(ok(status=202)).client(get("/3")).server(ok(status=203))
    decoded = decode(talk.frames)
    assert sorted(decoded.pairs, key=str) == [("/1", None), ("/2", 202), ("/3", 203)]
    assert decoded.endings.count(GAP) == decoded.health.unanswered_requests == 1
    assert decoded.health.missing_bytes == len(ok())


def after_a_lost_exchange() -> Talk:
    """Begin with an exchange, one that is lost, and a third, whose request the lost bytes may have been sent with."""
    talk = Talk().client(get("/1")).server(ok(status=201)).client(get("/lost"), lost=True).server(ok(), lost=True)
    return talk.client(get("/3")).server(ok(status=203))


def test_after_a_lost_exchange_the_next_request_confirms_that_only_one_was_outstanding() -> None:
    decoded = decode(after_a_lost_exchange().client(get("/4")).server(ok(status=404)).close().frames)
    assert decoded.pairs == [("/1", 201), ("/3", 203), ("/4", 404)]
    assert (decoded.health.gaps, decoded.health.unpaired_responses, decoded.health.unanswered_requests) == (2, 0, 0)


def test_after_a_lost_exchange_the_client_confirms_the_last_pair_by_closing_first() -> None:
    decoded = decode(after_a_lost_exchange().fin(CLIENT).fin(SERVER).send(CLIENT).frames)
    assert decoded.pairs == [("/1", 201), ("/3", 203)]
    assert decoded.endings == [COMPLETE, COMPLETE]


def test_the_rest_of_a_lost_response_proves_that_its_request_was_not_outstanding() -> None:
    response = ok(b"x" * 2000)
    talk = Talk().client(get("/1")).server(ok(status=201)).client(get("/lost"), lost=True)
    talk.server(response[:1000], lost=True).server(response[1000:]).client(get("/3")).server(ok(status=203)).close()
    assert decode(talk.frames).pairs == [("/1", 201), ("/3", 203)]


def test_a_server_that_closes_first_confirms_no_pair() -> None:
    decoded = decode(after_a_lost_exchange().close().frames)
    assert decoded.pairs == [("/1", 201), (None, 203), ("/3", None)]
    assert (decoded.health.unpaired_responses, decoded.health.unanswered_requests) == (1, 1)


def test_a_second_response_shows_that_the_lost_request_was_outstanding() -> None:
    talk = after_a_lost_exchange().server(ok(status=299)).client(get("/4")).server(ok(status=404)).close()
    assert decode(talk.frames).pairs == [("/1", 201), (None, 203), (None, 299), ("/3", None), ("/4", 404)]


def test_a_lost_second_response_leaves_the_first_unpaired() -> None:
    talk = after_a_lost_exchange().server(ok(status=299), lost=True).client(get("/4")).server(ok(status=404)).close()
    assert decode(talk.frames).pairs == [("/1", 201), (None, 203), ("/3", None), ("/4", 404)]


def test_an_uncaptured_answer_on_a_joined_connection_costs_only_its_own_pair() -> None:
    talk = Talk(handshake=False).client(get("/1")).wait(2).server(ok(b"x" * 9000), lost=True)
    for number in (2, 3, 4):
        talk.client(get(f"/{number}")).server(ok(status=200 + number)).wait(1)
    decoded = decode(talk.close().frames)
    assert decoded.pairs == [("/1", None), ("/2", 202), ("/3", 203), ("/4", 204)]
    assert decoded.endings == [GAP, COMPLETE, COMPLETE, COMPLETE]


def test_pipelined_requests_on_a_joined_connection_acknowledge_no_answer_in_between() -> None:
    talk = Talk(handshake=False).client(get("/1")).client(get("/2")).wait(2).server(ok(status=201) + ok(status=202))
    assert decode(talk.frames).pairs == [("/1", 201), ("/2", 202)]


def test_a_lost_pipelined_request_ends_pairing_on_the_connection() -> None:
    talk = Talk().client(get("/1") + get("/2")).server(ok(status=201) + ok(status=202))
    talk.client(get("/lost"), lost=True).client(get("/4")).server(ok(status=203)).server(ok(status=204))
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/1", 201), ("/2", 202), (None, 203), (None, 204), ("/4", None)]


def test_lost_pipelined_responses_are_not_replaced_by_later_ones() -> None:
    talk = Talk().client(get("/1") + get("/2") + get("/3"))
    talk.server(ok(status=201)).server(ok(status=202), lost=True).server(ok(status=203))
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/1", 201), (None, 203), ("/2", None), ("/3", None)]


def test_the_first_of_two_pipelined_requests_is_lost() -> None:
    talk = Talk().client(get("/lost"), lost=True).client(get("/2")).server(ok(status=201)).server(ok(status=202))
    decoded = decode(talk.frames)
    assert decoded.pairs == [(None, 201), (None, 202), ("/2", None)]
    assert decoded.health.unpaired_responses == 2


def test_408_on_an_idle_connection_answers_nothing() -> None:
    talk = Talk().client(get("/1")).server(ok(status=201)).wait(60)
    talk.server(ok(status=408)).close()
    assert decode(talk.frames).pairs == [("/1", 201), (None, 408)]


def test_an_early_response_answers_the_request_that_is_still_being_sent() -> None:
    head = get("/upload", "Content-Length: 3000", method="POST")
    talk = Talk().client(head + b"x" * 1000).server(ok(status=413)).client(b"x" * 2000)
    talk.client(get("/2")).server(ok(status=202))
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/upload", 413), ("/2", 202)]
    assert decoded.exchanges[0].request_bytes == 3000


def test_an_early_response_before_the_end() -> None:
    head = get("/upload", "Content-Length: 3000", method="POST")
    (exchange,) = decode(Talk().client(head + b"x" * 1000).server(ok(status=413)).close().frames).exchanges
    assert (exchange.status, exchange.request_bytes, exchange.ending) == (413, 1000, COMPLETE)


def test_100_continue_is_not_the_final_status() -> None:
    talk = Talk().client(get("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
    talk.server(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"hello").server(ok(status=201))
    (exchange,) = decode(talk.frames).exchanges
    assert (exchange.status, exchange.request_bytes) == (201, 5)


UPLOAD = get("/upload", "Expect: 100-Continue", "Content-Length: 50", method="PUT")
CHUNKED_UPLOAD = get("/upload", "Expect: 100-continue", "Transfer-Encoding: chunked", method="PUT")


@pytest.mark.parametrize("upload", [UPLOAD, CHUNKED_UPLOAD], ids=["length", "chunked"])
def test_a_final_status_in_place_of_100_continue_lets_the_client_go_on_without_the_body(upload: bytes) -> None:
    talk = Talk().client(upload).server(ok(status=401)).client(get("/2")).server(ok(status=202)).close()
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/upload", 401), ("/2", 202)]
    assert [exchange.request_bytes for exchange in decoded.exchanges] == [0, 0]
    assert decoded.endings == [COMPLETE, COMPLETE]


@pytest.mark.parametrize(
    ("upload", "body"), [(UPLOAD, b"x" * 50), (CHUNKED_UPLOAD, chunked([b"x" * 50]))], ids=["length", "chunked"]
)
def test_a_body_sent_after_all_is_no_request(upload: bytes, body: bytes) -> None:
    talk = Talk().client(upload).server(ok(status=401)).client(body).client(get("/2")).server(ok(status=202)).close()
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/upload", 401), ("/2", 202)]
    assert decoded.exchanges[0].request_bytes == 50


def test_the_request_is_repeated_with_its_body_after_a_refusal() -> None:
    talk = Talk().client(UPLOAD).server(ok(status=401)).client(UPLOAD).server(b"HTTP/1.1 100 Continue\r\n\r\n")
    decoded = decode(talk.client(b"x" * 50).server(ok(status=201)).client(get("/2")).server(ok(status=202)).frames)
    assert decoded.pairs == [("/upload", 401), ("/upload", 201), ("/2", 202)]
    assert [exchange.request_bytes for exchange in decoded.exchanges] == [0, 50, 0]


def test_a_body_that_was_asked_for_by_100_continue_may_look_like_a_request() -> None:
    body = get("/not-a-request")
    upload = UPLOAD.replace(b"50", b"%d" % len(body))
    talk = Talk().client(upload).server(b"HTTP/1.1 100 Continue\r\n\r\n" + ok(status=500)).client(body)
    decoded = decode(talk.client(get("/2")).server(ok(status=202)).frames)
    assert decoded.pairs == [("/upload", 500), ("/2", 202)]


def test_lost_bytes_in_place_of_the_body_may_have_been_a_request() -> None:
    talk = Talk().client(UPLOAD).server(ok(status=401)).client(get("/lost"), lost=True).server(ok(status=299))
    decoded = decode(talk.wait(2).client(get("/3")).server(ok(status=203)).close().frames)
    assert decoded.pairs == [("/upload", 401), (None, 299), ("/3", 203)]


def test_several_interim_responses() -> None:
    talk = Talk().client(get()).server(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + ok())
    assert decode(talk.frames).pairs == [("/", 200)]


@pytest.mark.parametrize("status", [204, 304])
def test_204_and_304_have_no_body_whatever_content_length_says(status: int) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: 1000\r\n\r\n" % status
    talk = Talk().client(get("/1")).server(head).client(get("/2")).server(ok())
    assert decode(talk.frames).pairs == [("/1", status), ("/2", 200)]


def test_a_response_to_head_has_no_body() -> None:
    talk = Talk().client(get("/1", method="HEAD")).server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    talk.client(get("/2")).server(ok())
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/1", 200), ("/2", 200)]
    assert decoded.exchanges[0].response_bytes == 0


def test_connect_opens_a_tunnel_that_is_not_read() -> None:
    talk = Talk().client(get("example.com:443", method="CONNECT")).server(b"HTTP/1.1 200 OK\r\n\r\n")
    talk.client(b"\x16\x03\x01 anything").server(get("/not-a-request"))
    decoded = decode(talk.frames)
    assert decoded.pairs == [("example.com:443", 200)]
    assert decoded.health.unreadable["CONNECT tunnel"] == 1


def test_a_refused_connect_is_an_ordinary_exchange() -> None:
    talk = Talk().client(get("example.com:443", method="CONNECT")).server(ok(status=403))
    talk.client(get("/2")).server(ok())
    assert decode(talk.frames).pairs == [("example.com:443", 403), ("/2", 200)]


def test_upgrade_to_websocket_ends_http() -> None:
    talk = Talk().client(get("/chat", "Upgrade: websocket", "Connection: Upgrade"))
    talk.server(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello").client(b"\x81\x80")
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/chat", 101)]
    assert decoded.health.unreadable["WebSocket"] == 1


def test_an_unanswered_request_says_how_it_ended() -> None:
    assert decode(Talk().client(get()).close().frames).endings == [CLOSED]
    assert decode(Talk().client(get()).frames).endings == [CAPTURE_END]


def test_times_are_those_of_the_first_and_last_bytes() -> None:
    talk = Talk(segment_size=100).client(get()).wait(0.5).server(ok(b"x" * 500))
    (exchange,) = decode(talk.frames).exchanges
    assert exchange.response_time == pytest.approx(0.501)
    assert exchange.total_time == pytest.approx(0.506)


def test_no_total_time_is_given_if_the_last_byte_was_lost() -> None:
    talk = Talk(segment_size=100).client(get()).server(ok(b"x" * 500))
    del talk.segments[-1]
    (exchange,) = decode(talk.client(get("/2")).frames).exchanges[:1]
    assert exchange.total_time is None


def test_pending_requests_are_limited() -> None:
    talk = Talk()
    for number in range(1000):
        talk.client(get(f"/{number}"))
    decoded = decode(talk.frames, Limits(pending_requests=100))
    assert decoded.health.oddities["too many pending requests"] > 0
    assert decoded.endings.count(EVICTED) >= 100
    assert len(decoded.requests) == len(decoded.exchanges) == 1000


@pytest.mark.parametrize(("requests", "oddities"), [(3, 0), (4, 1)])
def test_as_many_requests_as_the_limit_may_wait_and_no_more(requests: int, oddities: int) -> None:
    talk = Talk()
    for number in range(requests):
        talk.client(get(f"/{number}"))
    decoded = decode(talk.frames, Limits(pending_requests=3))
    assert decoded.health.oddities["too many pending requests"] == oddities
    assert decoded.endings.count(EVICTED) == 3 * oddities


def test_pending_requests_of_all_connections_share_the_total_buffer() -> None:
    talks = [Talk(client_port=10000 + port) for port in range(100)]
    for talk in talks * 20:
        talk.client(get("/" + "x" * 1000))
    frames = [frame for talk in talks for frame in talk.frames]
    decoded = decode(frames, Limits(total_buffer=2**20))
    assert decoded.health.oddities["too many pending requests"] > 0
    assert decoded.held == 0


def test_who_is_the_client_does_not_depend_on_who_was_seen_first() -> None:
    talk = Talk(handshake=False).server(ok(b"x" * 100)[50:]).client(get()).server(ok())
    (exchange,) = (e for e in decode(talk.frames).exchanges if e.request is not None)
    assert (exchange.client, exchange.client_port, exchange.server, exchange.server_port) == (
        talk.addresses[CLIENT],
        talk.client_port,
        talk.addresses[SERVER],
        talk.server_port,
    )
