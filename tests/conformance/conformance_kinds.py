"""Connections that are not HTTP/1, as counted by the corpus and by the decoder, and the names of TLS servers."""

import contextlib
from collections import Counter

from conformance_corpus import Capture, Row

from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.health import Health

FILES = {"TLS": "tls", "HTTP/2": "http2"}
"""Kinds by name, and their files in the corpus."""


def health(capture: Capture) -> Health:
    """Return what the decoder counts if it decodes HTTP/1 only."""
    decoder = decoder_for(parse_ports("any"), limits(Config()))
    intake = Intake(open_file(str(capture.path)), decoder)
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
    intake.close()
    intake.finish()
    return decoder.health


def expected(capture: Capture) -> Counter[str]:
    """Return the expected connections by kind, and by TLS server name."""
    counts = Counter({kind: len(_connections(capture.expected(file))) for kind, file in FILES.items()})
    counts.update(row["sni"].lower() for row in capture.expected("tls") if row.get("sni"))
    return +counts


def counted(capture: Capture) -> Counter[str]:
    """Return the same counts according to the decoder."""
    found = health(capture)
    return Counter({kind: found.unreadable[kind] for kind in FILES}) + found.server_names


def _connections(rows: list[Row]) -> set[tuple[object, ...]]:
    """Identify connections; HTTP/2 has a row per stream, the others one per connection."""
    named = (row.get("stream") for row in rows)
    return {
        (row["client"], row["server"], number if stream is None else stream)
        for number, (row, stream) in enumerate(zip(rows, named, strict=True))
    }
