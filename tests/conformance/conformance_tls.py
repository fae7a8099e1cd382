"""TLS handshakes, as the corpus expects them and as the core records them.

A row is what tshark 4.0.17 says of a connection with a ClientHello. Cipher suites are named by Scapy's table, which is
independent of ours.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from conformance_corpus import Capture, Row
from scapy.layers.tls.crypto import suites

from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.records import TlsHandshake

VERSIONS = {"0x0002": "SSL 2.0", "0x0300": "SSL 3.0", **{f"0x030{n}": f"TLS 1.{n - 1}" for n in range(1, 5)}}
Ends = tuple[str, str]


def handshakes(capture: Capture) -> list[TlsHandshake]:
    """Return the handshakes of a capture of the corpus."""
    return handshakes_of(capture.path)


def handshakes_of(path: Path) -> list[TlsHandshake]:
    """Return the handshakes of a capture file, in the order in which they ended."""
    decoder = decoder_for(parse_ports("any"), limits(Config()), frozenset({TlsHandshake}), frozenset({"tls"}))
    intake = Intake(open_file(str(path)), decoder)
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
    intake.close()
    intake.finish()
    found: list[TlsHandshake] = decoder.take().table(TlsHandshake).records()
    return found


def differences(expected: list[Row], found: list[TlsHandshake]) -> list[str]:
    """Return every row that is missing, is too many, or says something else, in a sentence each."""
    left: dict[Ends, list[TlsHandshake]] = defaultdict(list)
    for handshake in found:
        left[ends(handshake)].append(handshake)
    told: list[str] = []
    for row in expected:
        here = left[row["client"], row["server"]]
        if not here:
            told.append(f"missing: {row['client']} > {row['server']}")
            continue
        nearest = min(here, key=lambda handshake: abs(handshake.started - row["ts"]))
        here.remove(nearest)
        told += [f"wrong: {row['client']} > {row['server']}: {difference}" for difference in _wrong(row, nearest)]
    return told + [f"extra: {' > '.join(key)}" for key, rest in left.items() for _ in rest]


def disagreements(expected: list[Row], found: list[TlsHandshake]) -> list[str]:
    """Return what Zeek says otherwise, in a sentence each. Some of its rows do not name the client."""
    told: list[str] = []
    for row in expected:
        fitting = [one for one in found if _is_between(one, row.get("client"), row["server"])]
        told += [f"{row['server']}: {text}" for text in (_otherwise(row, fitting[0]) if fitting else ["missing"])]
    return told


def _is_between(handshake: TlsHandshake, client: str | None, server: str) -> bool:
    own, other = ends(handshake)
    return other == server and client in (None, own)


def _otherwise(row: Row, handshake: TlsHandshake) -> Iterator[str]:
    version = row.get("version", "")
    said = {
        "server_name": (handshake.server_name, row.get("server_name", "")),
        "version": (handshake.version, f"TLS 1.{version[-1]}" if version else handshake.version),
        "cipher": (handshake.cipher, row.get("cipher", handshake.cipher)),
        "resumed": (handshake.resumed, row.get("resumed") == "T"),
        "established": (handshake.outcome == "established", row.get("established") == "T"),
    }
    yield from (f"{name} {ours!r}, not {zeek!r}" for name, (ours, zeek) in said.items() if ours != zeek)


def ends(handshake: TlsHandshake) -> Ends:
    return _end(handshake.client, handshake.client_port), _end(handshake.server, handshake.server_port)


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _wrong(row: Row, handshake: TlsHandshake) -> Iterator[str]:
    wanted = {
        "server_name": row.get("sni", "").lower(),
        "version": version_name(row["version"]) if "version" in row else "",
        "cipher": suites._tls_cipher_suites.get(int(row["cipher"], 16), row["cipher"]) if "cipher" in row else "",
        "offered_alpn": ", ".join(row.get("alpn_offered", ())),
        "alpn": row.get("alpn_selected", ""),
    }
    for name, value in wanted.items():
        if getattr(handshake, name) != value:
            yield f"{name} {getattr(handshake, name)!r}, not {value!r}"


def version_name(number: str) -> str:
    """Return the name of a version; drafts of TLS 1.3 are 0x7f.. and, of one implementation, 0xfb.."""
    return VERSIONS.get(number) or f"TLS 1.3 draft {int(number[4:], 16)}"
