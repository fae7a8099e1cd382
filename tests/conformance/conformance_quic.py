"""QUIC connections of the corpus, as tshark and Zeek see them and as the core tells them."""

import contextlib
from pathlib import Path
from typing import Final, NamedTuple

from conformance_corpus import Capture, Row

from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.records import QuicConnection
from traffic.text import host_port

KINDS: Final = ("quic", "gquic", "quic.zeek")
_NAMES: Final = {"0x00000001": "1", "0x6b3343cf": "2", "quicv2": "2", "0xfaceb001": "mvfst draft-22"} | {
    "0xfaceb002": "mvfst draft-27"
}


class Told(NamedTuple):
    """What is compared of a connection; a field is None where an oracle does not say it."""

    client: str | None
    server: str | None
    version: str | None
    name: str | None
    protocols: tuple[str, ...] | None


def connections(path: Path) -> list[Told]:
    """Return the connections that the core tells of a capture file, configured as by the command."""
    wanted, protocols = frozenset({QuicConnection}), frozenset({"quic"})
    decoder = decoder_for(parse_ports("80"), limits(Config()), wanted, protocols)
    intake = Intake(open_file(str(path)), decoder)
    records = []
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
            records += decoder.take().table(QuicConnection).records()
    intake.close()
    intake.finish()
    return [_told(record) for record in (*records, *decoder.take().table(QuicConnection).records())]


def expected(capture: Capture) -> list[Told]:
    """Return the connections that an oracle sees.

    tshark begins another connection whenever a new connection id is used; it knows no client of such a part, which is
    left out here.
    """
    rows = [row for kind in KINDS for row in capture.expected(kind)]
    return [_of(row) for row in rows if row["oracle"] == "zeek" or "client" in row]


def agrees(row: Told, told: Told) -> bool:
    """Return whether a connection is what an oracle says of it."""
    return all(said is None or said == is_told for said, is_told in zip(row, told, strict=True))


def _told(record: QuicConnection) -> Told:
    client, server = host_port(record.client, record.client_port), host_port(record.server, record.server_port)
    return Told(client, server, record.version, record.server_name, tuple(filter(None, record.alpn.split(", "))))


def _of(row: Row) -> Told:
    if row["oracle"] == "zeek":
        return Told(row.get("client"), row.get("server"), _version(row.get("version")), row.get("server_name"), None)
    protocols = row.get("alpn_offered")
    name = row.get("sni", "").lower()
    return Told(row["client"], row["server"], _version(row["version"]), name, protocols and tuple(protocols))


def _version(text: str | None) -> str | None:
    if text is None or text in _NAMES:
        return _NAMES.get(text or "")
    if text.startswith("0xff0000"):
        return f"draft-{int(text[-2:], 16)}"
    if text.startswith(("0x51", "0x54")):
        return bytes.fromhex(text[2:]).decode()
    return text.replace("unknown-", "0x")
