"""Asks a proxy twice a second, whatever happens, and judges how it answered."""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bench.connecting import opened
from bench.measure import CommandError
from bench.messages import END
from bench.proxies import BODY, Ends

PAUSE: Final = 0.5
"""Seconds from a probe to the next."""
PROMPT: Final = 1.0
"""Seconds within which it must be answered while the server is well."""
PATIENCE: Final = 10.0
"""Seconds after which a probe is given up: a slow server takes 3, and a proxy may ask it twice."""
RIGHT: Final = "right"
DOCUMENTED: Final = ("502", "503", "504")
"""Statuses that are allowed while the server is not well."""


class Probe(NamedTuple):
    """A request on a connection of its own."""

    begun: float
    """Seconds since some moment."""
    took: float
    """Seconds until the whole response."""
    result: str
    """`RIGHT`, a status, or what was wrong."""


class Span(NamedTuple):
    """A time in which the server was well."""

    begun: float
    ended: float


def result_of(response: bytes) -> str:
    """Return what a response is."""
    head, _, body = response.partition(END)
    words = head.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        return f"wrong: {response[:60]!r}"
    status = words[1].decode("ascii", "replace")
    if status == "200":
        return RIGHT if body == BODY.encode() else f"wrong: 200 with {len(body)} bytes"
    return status


def faults(probes: Iterable[Probe], spans: Sequence[Span]) -> list[Probe]:
    """Return the probes that were answered wrongly, or late or with an error although the server was well."""
    return [
        probe
        for probe in probes
        if probe.result not in (RIGHT, *DOCUMENTED)
        or ((probe.result != RIGHT or probe.took > PROMPT) and _was_well(probe, spans))
    ]


def _was_well(probe: Probe, spans: Sequence[Span]) -> bool:
    """Return whether the server was well from the request on, until the response should have been there."""
    until = probe.begun + min(probe.took, PROMPT)
    return any(span.begun <= probe.begun and until <= span.ended for span in spans)


class Prober:
    """Asks in a thread of its own, with and without TLS in turn."""

    def __init__(self, ends: Ends, begun: float) -> None:
        """`begun` is the moment, by the monotonic clock, that probes count from."""
        self.probes: Final[list[Probe]] = []
        self._ends = ends
        self._begun = begun
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        tls = False
        while not self._ending.is_set():
            now = time.monotonic()
            result = self._asked(tls=tls)
            took = time.monotonic() - now
            self.probes.append(Probe(now - self._begun, took, result))
            tls = not tls
            self._ending.wait(max(0.0, PAUSE - took))

    def _asked(self, *, tls: bool) -> str:
        try:
            connection, response = opened(self._ends.tls if tls else self._ends.plain, tls=tls, patience=PATIENCE)
        except (CommandError, OSError) as reason:
            return f"wrong: {reason}"
        connection.close()
        return result_of(response)
