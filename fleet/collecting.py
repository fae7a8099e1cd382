"""What a collector does with a request: who may write, what is malformed, what is stored. No sockets here."""

from collections import Counter
from collections.abc import Callable, Sequence
from threading import BoundedSemaphore, Lock
from typing import Final, NamedTuple

from fleet.batch import blocks_of
from fleet.tokens import Tokens, may_write
from history.collected.folder import Folder
from history.collected.sensor_file import Encoded
from history.database import HistoryError
from history.record import StoreError
from history.record_codec import MAX_ROWS, decode
from view import figures

BUSY: Final = 2
"""Maximum batches that are decoded and stored at a time: more would only take memory."""
PATIENCE: Final = 5.0
"""Seconds that a batch waits for its turn."""
MAX_BATCH_ROWS: Final = 2 * MAX_ROWS
"""Maximum keys of all records of a batch: what it may grow to when it is decompressed."""
SOON: Final = 5
LATER: Final = 60
REMIND: Final = 3600.0
"""Seconds after which a sensor should try again: when it is busy, and when something has to be repaired; and until the
log repeats that."""


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    """Of HTTP."""
    words: str = ""
    """One line for whoever runs the sensor."""
    retry_after: int = 0
    """Seconds; 0 for none."""


class _RefusedError(Exception):
    def __init__(self, why: str, answer: Answer) -> None:
        self.why = why
        self.answer = answer


class Collecting:
    """Stores batches in a folder, and counts what became of them. Several threads may use it."""

    def __init__(self, folder: Folder, tokens: Tokens, complain: Callable[[str], object]) -> None:
        """`complain` gets a line for each new problem with the folder."""
        self._folder = folder
        self._tokens = tokens
        self._complain = complain
        self._busy = BoundedSemaphore(BUSY)
        self._lock = Lock()
        self._counted: Counter[str] = Counter()
        # When each problem was complained about.
        self._problems: dict[str, float] = {}

    def patterns(self, authorization: str) -> list[str]:
        """Return the patterns of the sensors as which the sender may write; empty if it may not write at all."""
        scheme, _, token = authorization.partition(" ")
        patterns = self._tokens.patterns(token.strip()) if scheme.lower() == "bearer" else []
        if not patterns:
            self.count("wrong token")
        return patterns

    def store(self, batch: bytes, patterns: Sequence[str], now: float) -> Answer:
        """Store a batch of somebody who may write as these sensors."""
        if not self._busy.acquire(timeout=PATIENCE):
            self.count("busy")
            return Answer(503, "busy", SOON)
        try:
            return self._store(batch, patterns, now)
        except _RefusedError as refused:
            self.count(refused.why)
            return refused.answer
        finally:
            self._busy.release()

    def count(self, what: str, number: int = 1) -> None:
        """Count something for the log."""
        with self._lock:
            self._counted[what] += number

    def note_problem(self, problem: str, now: float) -> None:
        """Complain, but about the same only now and then."""
        with self._lock:
            known = {each: time for each, time in self._problems.items() if now - time < REMIND}
            self._problems = {problem: now, **known}
        if problem not in known:
            self._complain(problem)

    def summary(self) -> str:
        """Return what was counted since the last call in one line; empty if nothing was."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        parts = [f"{number:,} {what}" for what, number in sorted(counted.items()) if number]
        return f"{figures.counted(self._folder.sensors, 'sensor')}: {', '.join(parts)}" if parts else ""

    def _store(self, batch: bytes, patterns: Sequence[str], now: float) -> Answer:
        records = _decoded(batch)
        for record, _ in records:
            if not may_write(patterns, record.series.sensor):
                raise _RefusedError("wrong sensor", Answer(403, f"this token is not for {record.series.sensor}"))
        try:
            taken = self._folder.take(records, now)
        except StoreError as reason:
            raise _refusal(reason) from reason
        except HistoryError as reason:
            self.note_problem(str(reason), now)
            raise _RefusedError("not stored", Answer(503, "it cannot write the sensor's file", LATER)) from reason
        self.count("records", taken.new)
        self.count("repeated records", taken.repeated)
        self.count("bytes", len(batch))
        return Answer(204)


def _refusal(reason: StoreError) -> _RefusedError:
    if reason.refused:
        return _RefusedError("refused records", Answer(422, str(reason)))
    return _RefusedError("not stored", Answer(503, str(reason), LATER))


def _decoded(batch: bytes) -> list[Encoded]:
    records, rows = [], 0
    try:
        for block in blocks_of(batch):
            record = decode(block)
            rows += sum(len(part.keyed.keys) for bucket in record.buckets for part in bucket.statistics)
            if rows > MAX_BATCH_ROWS:
                raise ValueError("a batch has too many keys")
            records.append((record, block))
    except ValueError as reason:
        raise _RefusedError("malformed", Answer(400, str(reason))) from reason
    return records
