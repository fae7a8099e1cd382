"""An attack for each detector and inspector, as packets, with who does it and who else rightly reports it."""

import gzip
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

from everyday import (
    FIREFOX,
    OUTSIDE,
    SHOP,
    START,
    TXT,
    answered,
    asked,
    connection,
    lookup,
    visit,
)
from http2_wire import Http2Talk, reset
from tls_wire import ECDHE_RSA_AES_128_GCM, client_hello, named, server_hello
from wire import ACK, CLIENT, RST, SERVER, SYN, Talk

from traffic.frame import Frame

NOTHING: Final = answered(b"", status="404 Not Found")
REFUSED: Final = answered(b"", status="401 Unauthorized")
KEY: Final = b"TOKEN=ghp_" + b"aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3jKm"
MALWARE: Final = b"MZ this is evil software"
LISTED_FILE: Final = b"PK a listed file"
LISTED_HASH: Final = sha256(LISTED_FILE).hexdigest()
LISTED_HOST: Final = "listed.example.net"
UPLOAD: Final = b"POST /form HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 100000\r\n\r\n"
SLOT: Final = 75.0
"""Seconds from the beginning of an attack to that of the next one."""
QUIET: Final = 4000.0
"""Seconds before the first attack, in which it becomes known what is usual and who is new."""

Make = Callable[[float, str], list[Frame]]


class Attack(NamedTuple):
    """An attack, and what must be found."""

    detector: str
    """Name of the detector or inspector that it is for."""
    finder: str
    """Name of the detector that reports it."""
    begin: float
    """Seconds since START."""
    client: str
    """Whose requests they are."""
    named: str
    """Who is named; empty if many take part, so that the detector names nobody."""
    make: Make
    """Makes the packets from a time on, of a client."""
    others: frozenset[str]
    """Other detectors that are also right to report it."""
    most: int
    """Findings of the finder: rules of a firewall overlap, and slow clients are reported again if they become worse."""

    @property
    def frames(self) -> list[Frame]:
        """Its packets."""
        return self.make(self.begin, self.client)


def _answers(client: str, requests: list[tuple[float, bytes]], response: bytes) -> list[Frame]:
    """Return requests at their times, on connections of their own."""
    return [frame for time, request in requests for frame in visit(time, client, request, response)]


def _steadily(begin: float, client: str, rate: float, paths: list[str]) -> list[Frame]:
    """Return requests on one connection."""
    talk = connection(begin, client)
    for number, path in enumerate(paths):
        talk.time = START + begin + 0.01 + number / rate
        talk.client(asked(path)).server(answered(b"ok"))
    return talk.frames


def path_scan(begin: float, client: str) -> list[Frame]:
    return _answers(client, [(begin + n / 4, asked(f"/admin/{n}.php")) for n in range(60)], NOTHING)


def login_guessing(begin: float, client: str) -> list[Frame]:
    login = [asked("/login", method="POST", body=b"user=ann&password=%d" % n) for n in range(60)]
    return _answers(client, [(begin + n / 2, request) for n, request in enumerate(login)], REFUSED)


def credential_stuffing(begin: float, client: str) -> list[Frame]:
    return [
        frame
        for n in range(150)
        for frame in visit(
            begin + n / 4, f"203.0.{n % 50}.9", asked("/login", method="POST", body=b"user=u%d&password=x" % n), REFUSED
        )
    ]


def cache_busting(begin: float, client: str) -> list[Frame]:
    return _steadily(begin, client, 20, [f"/?{n:x}" for n in range(700)])


def request_flood(begin: float, client: str) -> list[Frame]:
    return [f for n in range(6) for f in _steadily(begin + n / 100, client, 40, ["/"] * 1600)]


def random_paths(begin: float, client: str) -> list[Frame]:
    return _steadily(begin, client, 90, [f"/p{n * 2654435761 % 2**32:x}" for n in range(4000)])


def beacon(begin: float, client: str) -> list[Frame]:
    return _calls(begin, client, "calls.example.info", FIREFOX)


def advanced_threat(begin: float, client: str) -> list[Frame]:
    return _calls(begin, client, "gate.example.biz", "updater/1.0")


def _calls(begin: float, client: str, host: str, agent: str) -> list[Frame]:
    call = asked("/gate", host=host, agent=agent)
    return [frame for n in range(30) for frame in visit(begin + 2 * n, client, call, answered(b"none"), OUTSIDE)]


def dns_tunnel(begin: float, client: str) -> list[Frame]:
    names = [f"{n * 2654435761 % 2**32:040x}.t.example.top" for n in range(80)]
    return [f for n, name in enumerate(names) for f in lookup(begin + n / 4, client, name, kind=TXT)]


def generated_names(begin: float, client: str) -> list[Frame]:
    names = [f"{n * 2654435761 % 2**32:x}qz.com" for n in range(80)]
    return [f for n, name in enumerate(names) for f in lookup(begin + n / 4, client, name, rcode=3)]


def dns_rebinding(begin: float, client: str) -> list[Frame]:
    first = lookup(begin, client, "rebind.example.info", "203.0.114.5")
    return first + lookup(begin + 5, client, "rebind.example.info", "192.168.1.1")


def _held(begin: float, client: str, first: bytes, more: bytes, port: int = 80) -> list[Frame]:
    """Return 60 connections on which the client sends a little now and then."""
    talks = []
    for number in range(60):
        talk = connection(begin + number / 20, client, port=port).client(first)
        while talk.time < START + begin + 60:
            talk.wait(7).client(more).send(SERVER)
        talks.append(talk.reset(CLIENT))
    return [frame for talk in talks for frame in talk.frames]


def slow_heads(begin: float, client: str) -> list[Frame]:
    return _held(begin, client, b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n", b"X-a: b\r\n")


def slow_bodies(begin: float, client: str) -> list[Frame]:
    return _held(begin, client, UPLOAD, b"a=1&")


def slow_reads(begin: float, client: str) -> list[Frame]:
    talks = []
    for number in range(60):
        talk = connection(begin + number / 20, client).client(asked("/big"))
        talk.server(answered(bytes(1_000_000))[:8000])
        while talk.time < START + begin + 60:
            talk.wait(5).send(CLIENT, window=0)
        talks.append(talk.reset(CLIENT))
    return [frame for talk in talks for frame in talk.frames]


def slow_handshakes(begin: float, client: str) -> list[Frame]:
    talks = []
    for number in range(60):
        talk = connection(begin + number / 20, client, port=443).client(client_hello(named(b"shop.example.com")))
        talks.append(talk.server(server_hello(ECDHE_RSA_AES_128_GCM)).wait(55).reset(CLIENT))
    return [frame for talk in talks for frame in talk.frames]


def half_open(begin: float, client: str) -> list[Frame]:
    frames = []
    for number in range(4000):
        talk = Talk(client_port=number + 10_000, addresses=(client, SHOP), handshake=False)
        talk.time, talk.next = START + begin + number / 100, [1000, 5000]
        frames += talk.send(CLIENT, flags=SYN).send(SERVER, flags=SYN | ACK).frames
    return frames


def syn_scan(begin: float, client: str) -> list[Frame]:
    frames = []
    for port in range(1, 200):
        talk = Talk(client_port=50_000, server_port=port, addresses=(client, SHOP), handshake=False)
        talk.time, talk.next = START + begin + port / 20, [1000, 5000]
        frames += talk.send(CLIENT, flags=SYN).send(SERVER, flags=RST | ACK).frames
    return frames


def http2_floods(begin: float, client: str) -> list[Frame]:
    talk = Http2Talk(connection(begin, client))
    for stream in range(1, 6000, 2):
        talk.request(stream).send(CLIENT, reset(stream))
    return talk.frames


def evasion(begin: float, client: str) -> list[Frame]:
    smuggled = b"0\r\n\r\nGET /admin HTTP/1.1\r\nX: "
    both = asked("/", "Transfer-Encoding: chunked", method="POST", body=smuggled)
    return visit(begin, client, both, answered())


def content_evasion(begin: float, client: str) -> list[Frame]:
    hidden = answered(gzip.compress(b"MZ hidden" * 50)[:-20], "Content-Encoding: deflate", kind="application/x-exe")
    return visit(begin, client, asked("/download"), hidden)


def saas(begin: float, client: str) -> list[Frame]:
    upload = asked("/2/files/upload", host="content.dropboxapi.com", method="POST", body=b"plans" * 100)
    return visit(begin, client, upload, answered(b"{}", kind="application/json"), OUTSIDE)


def sigma(begin: float, client: str) -> list[Frame]:
    return visit(begin, client, asked("/.env"), NOTHING)


def learned(begin: float, client: str) -> list[Frame]:
    return visit(begin, client, asked("/", f"Cookie: {'; '.join(f'a{number}=1' for number in range(100))}"), answered())


def suricata(begin: float, client: str) -> list[Frame]:
    return visit(begin, client, asked("/probe-7f3a"), NOTHING)


def suricata_names(begin: float, client: str) -> list[Frame]:
    return lookup(begin, client, "bad-7f3a.example.net")


def threat_intelligence(begin: float, client: str) -> list[Frame]:
    return visit(begin, client, asked("/", host=LISTED_HOST), answered(), OUTSIDE)


def data_leak(begin: float, client: str) -> list[Frame]:
    return visit(begin, client, asked("/backup.txt"), answered(KEY, kind="text/plain"))


def file_hashes(begin: float, client: str) -> list[Frame]:
    file = answered(LISTED_FILE, kind="application/zip")
    return visit(begin, client, asked("/tool.zip", host="www.example.com"), file, OUTSIDE)


def malware(begin: float, client: str) -> list[Frame]:
    file = answered(MALWARE, kind="application/x-msdownload")
    return visit(begin, client, asked("/setup.exe", host="www.example.com"), file, OUTSIDE)


def waf(begin: float, client: str) -> list[Frame]:
    return visit(begin, client, asked("/search?q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20"), answered())


def _attacks(*told: tuple[Make, str, dict[str, Any]]) -> dict[str, Attack]:
    """Return attacks one after another, each of another client of a network, by the names of their detectors."""
    attacks = {}
    for place, (make, network, more) in enumerate(told):
        name, client = make.__name__, f"{network}.{place + 100}"
        expected = {"finder": name, "named": client, "others": frozenset(), "most": 1, **more}
        attacks[name] = Attack(name, begin=QUIET + SLOT * place, client=client, make=make, **expected)
    return attacks


PUBLIC, PRIVATE = "203.0.113", "10.0.2"
ATTACKS: Final = _attacks(
    (beacon, PRIVATE, {}),
    (advanced_threat, PRIVATE, {"others": frozenset({"beacon"})}),
    (path_scan, PUBLIC, {}),
    (login_guessing, PUBLIC, {}),
    (credential_stuffing, PUBLIC, {"named": ""}),
    (dns_tunnel, PRIVATE, {}),
    (generated_names, PRIVATE, {}),
    (dns_rebinding, PRIVATE, {}),
    (evasion, PUBLIC, {"others": frozenset({"waf"})}),
    (content_evasion, PUBLIC, {}),
    (saas, PRIVATE, {}),
    (sigma, PUBLIC, {"others": frozenset({"waf"})}),
    (learned, PUBLIC, {}),
    (suricata, PUBLIC, {}),
    (suricata_names, PRIVATE, {}),
    (threat_intelligence, PRIVATE, {"others": frozenset({"advanced_threat"})}),
    (data_leak, PUBLIC, {}),
    (file_hashes, PRIVATE, {"finder": "threat_intelligence"}),
    (malware, PRIVATE, {}),
    (waf, PUBLIC, {"most": 10}),
)
"""Attacks that one can see in single messages, or in some, by detector."""
FLOODS: Final = _attacks(
    (slow_heads, PUBLIC, {}),
    (slow_bodies, PUBLIC, {}),
    (slow_reads, PUBLIC, {}),
    (slow_handshakes, PUBLIC, {}),
    (half_open, PUBLIC, {}),
    (syn_scan, PRIVATE, {}),
    (http2_floods, PUBLIC, {}),
    (cache_busting, PUBLIC, {}),
    (random_paths, PUBLIC, {}),
    (request_flood, PUBLIC, {}),
)
"""Attacks by their number, which no firewall looks at."""
