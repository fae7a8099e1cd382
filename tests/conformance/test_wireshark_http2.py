"""Wireshark's captures of HTTP/2 and gRPC. With any packet lost, and joined at any packet, no wrong name is told.

What is expected was read with tshark 4.0.17: `tshark -r FILE -d tcp.port==PORT,http2 -Y http2 -V`.
"""

from collections import defaultdict
from pathlib import Path

import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures
from conformance_http2 import KIND, built
from decoders import core_decoder, fed, finished

from capture.open import open_file
from capture.ports import parse_ports
from traffic.frame import Frame
from traffic.limits import Limits
from traffic.records import Exchange, Record, Request

CAPTURES = FOLDER.parent / "wireshark"
pytestmark = [
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captures at {CAPTURES}; {VARIABLE} names the folder beside"),
    pytest.mark.skipif(not built(), reason="the core is not built"),
]
Told = tuple[str, str | None, int | None, int | None, int, int]
"""Protocol, target, status, status of gRPC, and messages each way."""

SEARCH = "/tutorial.PersonSearchService/Search"
HELLO: Told = ("grpc-web", "/greet.Greeter/SayHello", 200, 0, 1, 1)
HELLOS: Told = ("grpc-web", "/greet.Greeter/SayHellos", 200, None, 1, 5)
STATIC = "/doc/manual/html/"
EXPECTED: dict[str, list[Told]] = {
    "grpc_person_search_json_with_image.pcapng.gz": [("grpc", SEARCH, 200, 0, 1, 2)],
    "grpc_person_search_protobuf_with_image.pcapng.gz": [("grpc", SEARCH, 200, 0, 1, 2)],
    # only DATA of a connection that was joined late: nothing says what they answer
    "grpc_person_search_protobuf_with_image-missing_headers.pcapng.gz": [],
    # over HTTP/2 and HTTP/1; a client cancels two streams
    "grpc_web.pcapng.gz": [HELLO] * 5 + [HELLO] * 4 + [HELLOS] + [HELLO] * 2 + [HELLOS],
    # the capture ends after the first response
    "packet-h2-14_headers.pcapng": [
        ("h2", f"{STATIC}index.html", 200, None, 0, 0),
        *(
            ("h2", f"{STATIC}_static/{name}", None, None, 0, 0)
            for name in ("css/theme.css", "jquery.js", "underscore.js", "doctools.js", "js/theme.js")
        ),
    ],
}
MOST_VARIANTS = 40


def frames(path: Path) -> list[Frame]:
    source = open_file(str(path))
    found: list[Frame] = []
    while (read := source.read()) is not None:
        found.extend(read)
    source.close()
    return found


def decoded(packets: list[Frame]) -> list[Record]:
    decoder = core_decoder(KIND, ports=parse_ports("any"), limits=Limits(string_length=65536))
    return fed(decoder, packets) + finished(decoder)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_exchanges_of_a_capture(name: str) -> None:
    exchanges = [record for record in decoded(frames(CAPTURES / name)) if isinstance(record, Exchange)]
    told = [
        (e.protocol, e.request and e.request.target, e.status, e.grpc_status, e.request_messages, e.response_messages)
        for e in exchanges
    ]
    assert told == EXPECTED[name]


def test_a_connection_whose_requests_were_missed_is_counted() -> None:
    decoder = core_decoder(KIND, ports=parse_ports("any"))
    fed(decoder, frames(CAPTURES / "grpc_person_search_protobuf_with_image-missing_headers.pcapng.gz"))
    assert not finished(decoder)
    assert dict(+decoder.health.unreadable) == {"HTTP/2": 1}


@pytest.mark.parametrize(
    "path",
    [*(CAPTURES / name for name in EXPECTED), *(one.path for one in captures() if one.expected(KIND))]
    or [Capture("none").path],
    ids=lambda path: path.name,
)
def test_no_name_is_wrong_if_packets_are_lost(path: Path) -> None:
    packets = frames(path)
    truth = defaultdict(set)
    for request in requests(packets):
        truth[when(request)].add(names(request))
    for place in range(0, len(packets), len(packets) // MOST_VARIANTS + 1):
        for variant in (packets[place:], packets[:place] + packets[place + 1 :]):
            for request in requests(variant):
                assert any(agree(names(request), right) for right in truth[when(request)]), (place, request)


def requests(packets: list[Frame]) -> list[Request]:
    return [record for record in decoded(packets) if isinstance(record, Request) and record.version == "2"]


def when(request: Request) -> tuple[float, str, int]:
    """Identify the segment in which a request starts."""
    return request.time, request.client, request.client_port


def names(request: Request) -> tuple[str, ...]:
    return request.method, request.host, request.target, request.user_agent, request.referrer


def agree(told: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return all(one in (other, "(unknown)") for one, other in zip(told, right, strict=True))
