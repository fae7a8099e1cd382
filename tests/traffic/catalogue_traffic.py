"""A capture in which every statistic finds something. The expected results were computed by hand.

Clients: A 8.8.8.8 shops with Chrome, B 193.0.6.139 is a crawler, C 10.0.0.7 downloads with curl. Servers: 10.0.0.5,
10.0.0.6 and 10.0.0.8 on port 80, 162.125.1.1 on 443. In addition: DNS of C, pings from 10.0.0.9, UDP and QUIC from
10.0.0.10.
"""

from dataclasses import dataclass, field
from typing import Any

from attacks.quic_packets import Initial, client_hello, crypto, short
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

A, B, C = "8.8.8.8", "193.0.6.139", "10.0.0.7"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
START = 1_795_000_000.0


@dataclass
class Talk:
    """A TCP connection under construction."""

    client: str
    server: str
    client_port: int
    server_port: int = 80
    time: float = START
    frames: list[Any] = field(default_factory=list)
    _next: dict[bool, int] = field(default_factory=lambda: {True: 1000, False: 5000})

    def open(self, connect_time: float) -> "Talk":
        """Add the handshake, answered after so many seconds."""
        self._put(True, flags="S")
        self.time += connect_time - 0.001
        self._put(False, flags="SA")
        return self._put(True, flags="A")

    def asks(self, *segments: bytes, twice: int | None = None) -> "Talk":
        """Send segments from the client; the segment `twice` is retransmitted."""
        for number, segment in enumerate(segments):
            before = self._next[True]
            self._put(True, segment)
            if number == twice:
                self._next[True] = before
                self._put(True, segment)
        return self

    def answers(self, after: float, head: str, body: int) -> "Talk":
        """Send a response from the server."""
        self.time += after
        text = f"HTTP/1.1 {head}\r\nContent-Length: {body}\r\n\r\n".encode() + bytes(body)
        for begin in range(0, len(text), 1400):
            self._put(False, text[begin : begin + 1400])
        return self

    def ends(self, *, reset: bool = False) -> list[Any]:
        """Add the last packets, and return all packets of the connection."""
        if reset:
            self._put(False, flags="RA")
        else:
            self._put(True, flags="FA")
            self._put(False, flags="FA")
            self._put(True, flags="A")
        return self.frames

    def _put(self, from_client: bool, payload: bytes = b"", flags: str = "PA") -> "Talk":
        ends = (self.client, self.server) if from_client else (self.server, self.client)
        ports = (self.client_port, self.server_port) if from_client else (self.server_port, self.client_port)
        segment = TCP(
            sport=ports[0], dport=ports[1], flags=flags, seq=self._next[from_client], ack=self._next[not from_client]
        )
        self.frames.append(timed(IP(src=ends[0], dst=ends[1]) / segment / Raw(payload), self.time))
        self._next[from_client] += len(payload) + ("S" in flags or "F" in flags)
        self.time += 0.001
        return self


def timed(packet: Any, time: float) -> Any:
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet
    frame.time = time
    return frame


def request(method: str, path: str, host: str, agent: str, fields: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n{fields}\r\n".encode()


def shopper() -> list[Any]:
    """Return four requests of A, the first with its body sent twice; the server resets the connection."""
    from_search = "Referer: https://search.example.org/?q=1\r\n"

    def ask(path: str) -> bytes:
        return request("GET", path, "shop.example.com", CHROME, from_search)

    upload = request("POST", "/cart/upload", "shop.example.com", CHROME, from_search + "Content-Length: 300\r\n")
    talk = Talk(A, "10.0.0.5", 40001).open(0.2)
    talk.asks(upload, bytes(300), twice=1).answers(0.25 - 0.003, "200 OK\r\nContent-Type: text/html", 5000)
    talk.asks(ask("/cart/items/17")).answers(0.75 - 0.001, "404 Not Found\r\nContent-Type: text/html", 100)
    for _ in range(2):
        talk.asks(ask("/cart/pay")).answers(0.5 - 0.001, "503 Service Unavailable", 0)
    return talk.ends(reset=True)


def crawler() -> list[Any]:
    """Return two searches of B."""
    talk = Talk(B, "10.0.0.6", 40002).open(0.1)
    for _ in range(2):
        talk.asks(request("GET", "/search?q=1", "www.dropbox.com", GOOGLEBOT))
        talk.answers(0.1 - 0.001, "200 OK\r\nContent-Type: text/html", 1000)
    return talk.ends()


def downloads() -> list[Any]:
    """Return three downloads of C."""
    talk = Talk(C, "10.0.0.8", 40003).open(0.1)
    for _ in range(3):
        talk.asks(request("GET", "/files/download", "dl.dropbox.com", "curl/8.0"))
        talk.answers(0.05 - 0.001, "200 OK\r\nContent-Type: application/zip", 1000)
    return talk.ends()


def tls_hello(name: bytes) -> bytes:
    """Build a ClientHello with a server name (RFC 8446 section 4.1.2, RFC 6066 section 3)."""
    names = b"\0" + len(name).to_bytes(2, "big") + name
    extension = b"\0\0" + (len(names) + 2).to_bytes(2, "big") + len(names).to_bytes(2, "big") + names
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + len(extension).to_bytes(2, "big") + extension
    hello = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(hello).to_bytes(2, "big") + hello


def tls() -> list[Any]:
    """Return four connections of C."""
    return [
        frame
        for port in range(41001, 41005)
        for frame in Talk(C, "162.125.1.1", port, 443).open(0.01).asks(tls_hello(b"dl.dropbox.com")).ends()
    ]


def dns() -> list[Any]:
    """Return three answers to C."""
    name = "www.dropbox.com"
    answer = DNS(id=7, qr=1, qd=DNSQR(qname=name), an=DNSRR(rrname=name, rdata="162.125.1.1"))
    packet = IP(src="9.9.9.9", dst=C) / UDP(sport=53, dport=42000) / answer
    return [timed(packet.copy(), START + 0.1 * number) for number in range(3)]


def quic() -> list[Any]:
    """Return two connections, each with a packet of 1,200 bytes from the client and three from the server."""
    hello = Initial(crypto(0, client_hello(b"video.example.com"))).sealed()
    frames = []
    for port in (44001, 44002):
        up = IP(src="10.0.0.10", dst="9.9.9.9") / UDP(sport=port, dport=443) / Raw(hello)
        down = IP(src="9.9.9.9", dst="10.0.0.10") / UDP(sport=443, dport=port) / Raw(short(b"", 1199))
        frames += [timed(packet, START + 0.01 * number) for number, packet in enumerate((up, down, down, down))]
    return frames


def lookups() -> list[Any]:
    """Return two queries of C with their answers, of which the second is validated, one without, and one to all."""
    asked = [("no.example.net", "9.9.9.9", 3, 0), ("example.org", "9.9.9.9", 0, 1), ("example.com", "9.9.9.10", 0, 0)]
    frames = []
    for number, (name, server, rcode, ad) in enumerate(asked):
        question, time = DNSQR(qname=name), START + 1 + 0.1 * number
        query = IP(src=C, dst=server) / UDP(sport=42001 + number, dport=53) / DNS(id=number, rd=1, qd=question)
        frames.append(timed(query, time))
        if server == "9.9.9.9":
            answer = DNS(id=number, qr=1, rd=1, ra=1, ad=ad, rcode=rcode, qd=question)
            frames.append(timed(IP(src=server, dst=C) / UDP(sport=53, dport=42001 + number) / answer, time + 0.25))
    to_all = DNS(qd=DNSQR(qname="printer.local", qtype="PTR"))
    return [*frames, timed(IP(src=C, dst="224.0.0.251") / UDP(sport=5353, dport=5353) / to_all, START + 1)]


def pings() -> list[Any]:
    """Return 20 pings of 1,042 bytes, lasting beyond the first refresh."""
    packet = IP(src="10.0.0.9", dst="10.0.0.5") / ICMP() / Raw(bytes(1000))
    return [timed(packet.copy(), START + 0.6 * number) for number in range(20)]


def datagrams() -> list[Any]:
    """Return 100 UDP packets of 1,042 bytes."""
    packet = IP(src="10.0.0.10", dst="10.0.0.5") / UDP(sport=43000, dport=51820) / Raw(bytes(1000))
    return [timed(packet.copy(), START + 0.01 * number) for number in range(100)]


def web() -> list[Any]:
    """Return everything on port 80."""
    return [*shopper(), *crawler(), *downloads()]


def everything() -> list[Any]:
    """Return all frames, sorted by time."""
    frames = [*web(), *tls(), *dns(), *lookups(), *quic(), *pings(), *datagrams()]
    return sorted(frames, key=lambda frame: float(frame.time))
