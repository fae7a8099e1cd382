"""One ordinary record of each type, as the decoder makes them; keywords change its fields."""

from typing import Any, Final

from traffic.file_transfer import FileTransfer
from traffic.finding import Finding
from traffic.records import (
    COMPLETE,
    RESET,
    SLOW_HEAD,
    TIMEOUT,
    DnsAnswer,
    DnsLookup,
    Exchange,
    IpPacket,
    QuicConnection,
    Request,
    Strain,
    TcpConnection,
    TlsHandshake,
    TlsHello,
)

_REQUEST: Final = Request(
    time=1.0,
    client="10.0.0.1",
    client_port=50000,
    server="10.0.0.5",
    server_port=80,
    method="GET",
    host="my.site.com",
    target="/",
    version="1.1",
    user_agent="curl/8.0",
    referrer="",
    source="10.0.0.1",
)
_EXCHANGE: Final = Exchange(
    time=1.5,
    client="10.0.0.1",
    client_port=50000,
    server="10.0.0.5",
    server_port=80,
    request=_REQUEST,
    status=200,
    request_bytes=0,
    response_bytes=5000,
    response_time=0.25,
    total_time=0.5,
    content_type="text/html",
    missing_bytes=0,
    ending=COMPLETE,
    answered=1.25,
    source="10.0.0.1",
)
_CONNECTION: Final = TcpConnection(
    time=2.0,
    client="10.0.0.7",
    client_port=40000,
    server="10.0.0.5",
    server_port=80,
    started=1.0,
    connect_time=0.25,
    requests=3,
    resent_bytes=100,
    ending="closed",
)
_LOOKUP: Final = DnsLookup(
    time=1.25,
    client="10.0.0.7",
    client_port=40000,
    server="10.0.0.53",
    server_port=53,
    started=1.0,
    kind="dns",
    transport="udp",
    name="www.example.com",
    type="A",
    rcode="NOERROR",
    answers=1,
    addresses=("192.0.2.1",),
    flags="rd ra",
    response_time=0.25,
    size=60,
)

_FINDING: Final = Finding(
    time=1.5,
    rule="path_scan",
    detector="path_scan",
    severity="medium",
    client="10.0.0.1",
    client_port=0,
    server="10.0.0.5",
    server_port=80,
    host="my.site.com",
    path="",
    reason="10.0.0.1 asked for 30 or more paths that do not exist in a minute",
    technique="T1595.003",
)


_FILE: Final = FileTransfer(
    time=1.5,
    client="10.0.0.1",
    client_port=50000,
    server="10.0.0.5",
    server_port=80,
    host="my.site.com",
    path="/files/setup.exe",
    direction="download",
    media_type="application/x-msdownload",
    size=68,
    md5="44d88612fea8a8f36de82e1278abb02f",
    sha1="3395856ce81f2b7382dee72602f798b642f14140",
    sha256="275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
)


_HANDSHAKE: Final = TlsHandshake(
    time=2.0,
    client="10.0.0.1",
    client_port=50000,
    server="10.0.0.5",
    server_port=443,
    started=1.75,
    server_name="shop.example.com",
    version="TLS 1.3",
    cipher="TLS_AES_128_GCM_SHA256",
    alpn="",
    offered_alpn="h2, http/1.1",
    ja3="aa50c12a5dfa717d9d6ab34e97de79d5",
    ja3s="15af977ce25de452b96affa2addb1036",
    ja4="t13d1516h2_8daaf6152771_e5627efa2ab1",
    resumed=False,
    hello_retry=False,
    ech=False,
    post_quantum="",
    starttls=False,
    handshake_time=0.25,
    connect_time=0.125,
    alert="",
    alert_side="",
    certificate_subject="",
    certificate_names="",
    certificate_issuer="",
    certificate_sha1="",
    certificate_sha256="",
    not_before=None,
    not_after=None,
    outcome="established",
)


def request(time: float = 1.0, **fields: Any) -> Request:
    return _REQUEST._replace(time=time, **_source(fields), **fields)


def _source(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the source of a record whose client has these fields: the client, unless they name another."""
    return {"source": fields["client"]} if "client" in fields and "source" not in fields else {}


def exchange(asked: Request | None = _REQUEST, **fields: Any) -> Exchange:
    """Return an exchange of this request, between its client and its server."""
    if asked is None:
        return _EXCHANGE._replace(request=None, **_source(fields), **fields)
    ends: dict[str, Any] = {"client": asked.client, "client_port": asked.client_port, "source": asked.source}
    ends |= {"server": asked.server, "server_port": asked.server_port}
    return _EXCHANGE._replace(**{"request": asked, **ends, **_source(fields), **fields})


def ended(asked: Request, status: int | None = 200, seconds: float = 0.05, **fields: Any) -> Exchange:
    """Return the exchange that ended `seconds` after its request. Without a status, it was reset."""
    end = asked.time + seconds
    known, answered, ending = (None, None, RESET) if status is None else (seconds, end, COMPLETE)
    times = {"time": end, "response_time": known, "total_time": known, "answered": answered}
    return exchange(asked, **{"status": status, **times, "ending": ending, **fields})


def connection(**fields: Any) -> TcpConnection:
    return _CONNECTION._replace(**fields)


def packet(**fields: Any) -> IpPacket:
    return IpPacket(1.0, "10.0.0.7", "9.9.9.9", 17, 40000, 53, 80)._replace(**fields)


def hello(**fields: Any) -> TlsHello:
    return TlsHello(1.0, "10.0.0.7", 40000, "162.125.1.1", 443, "dl.dropbox.com")._replace(**fields)


def dns_answer(**fields: Any) -> DnsAnswer:
    return DnsAnswer(1.0, "10.0.0.7", "9.9.9.9", "www.dropbox.com", 0, ("162.125.1.1",))._replace(**fields)


def handshake(**fields: Any) -> TlsHandshake:
    return _HANDSHAKE._replace(**fields)


def lookup(**fields: Any) -> DnsLookup:
    return _LOOKUP._replace(**fields)


def unanswered_lookup(**fields: Any) -> DnsLookup:
    """Return a lookup without an answer, from the time-out unless `fields` has another ending."""
    nothing: dict[str, Any] = {"rcode": "", "answers": 0, "addresses": (), "response_time": None, "size": 0}
    return _LOOKUP._replace(**nothing | {"ending": TIMEOUT} | fields)


def file_transfer(**fields: Any) -> FileTransfer:
    return _FILE._replace(**fields)


def finding(**fields: Any) -> Finding:
    return _FINDING._replace(**fields)


def strain(**fields: Any) -> Strain:
    """A head that has not ended for 12 s."""
    return Strain(
        time=1012.0,
        client="203.0.113.9",
        client_port=50000,
        server="10.0.0.5",
        server_port=80,
        kind=SLOW_HEAD,
        since=1000.0,
        amount=1,
        bytes=40,
    )._replace(**fields)


def quic(**fields: Any) -> QuicConnection:
    """A connection of half a second."""
    return QuicConnection(
        time=62.5,
        client="10.0.0.1",
        client_port=50000,
        server="10.0.0.5",
        server_port=443,
        started=1.75,
        version="1",
        server_name="shop.example.com",
        alpn="h3, h3-29",
        ja4="q13d0312h3_55b375c5d22e_06cda9e17597",
        ech=False,
        zero_rtt=0,
        retry=False,
        migrated=False,
        client_packets=9,
        client_bytes=2400,
        server_packets=30,
        server_bytes=36_000,
        duration=0.5,
        user_agent="",
    )._replace(**fields)
