"""The spool: a sensor's records on disk until a store has them, one log for each level.

A record is deleted when it was acknowledged, and added up in a record of the next longer level; or when there are too
many bytes, or days, which is counted. What was acknowledged is noted in a file. To lose it is harmless: records are
sent again, and count once. All methods may be called from several threads.
"""

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from fleet.segments import OWNER_ONLY, SUFFIX, Damage, Log
from history.record import Level, SensorRecord
from history.record_codec import NAME, decode, encode

SHARES: Final = {Level.BUCKET: 0.5, Level.MINUTE: 0.2, Level.HOUR: 0.15, Level.DAY: 0.15}
"""The part of the bytes for each level."""
FOLDER_MODE: Final = 0o700
IDENTITY, LOCK, NOTED, REFUSED = "spool.json", "lock", "acknowledged.json", "refused"
MAX_REFUSED: Final = 100
"""Maximum refused records kept for inspection."""
DAY: Final = 86400.0


class SpoolError(Exception):
    """The spool cannot be used, or a record cannot be written. The text is one line for the user."""


class Bounds(NamedTuple):
    """How much a spool keeps."""

    size: int
    """Bytes of all records."""
    days: float


class Waiting(NamedTuple):
    """A record that no store has yet, or of which that is not known."""

    level: Level
    sequence: int
    record: SensorRecord
    size: int
    """Its bytes in the spool."""


class State(NamedTuple):
    """What is in a spool, and what became of the rest."""

    waiting: int
    """Records that are to be sent."""
    size: int
    """Bytes of all files."""
    dropped: int
    """Records deleted before they were sent, because of the bounds."""
    refused: int
    """Records that the store refused."""
    found: Damage
    """What was broken when the spool was opened."""


class Spool:
    """The records of `sensor` in `folder`, which is made if it is missing; `now` is in seconds since the epoch."""

    def __init__(self, folder: Path, sensor: str, bounds: Bounds) -> None:
        """Open the spool, and lock it.

        Raises:
            SpoolError: it cannot be used: another process has it, it is of another sensor, or the system fails.
        """
        self._folder = folder
        self._guard = threading.RLock()
        self._lock: int | None = None
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self._lock = _locked(folder)
            self.number = _number(folder, sensor)
            """Random number that tells this spool from others of the same sensor."""
            age = bounds.days * DAY
            self._logs = {
                level: Log(folder, level.name.lower(), self.number, int(bounds.size * share), age)
                for level, share in SHARES.items()
            }
        except OSError as reason:
            self._unlock()
            raise _error(folder, reason) from reason
        except SpoolError:
            self._unlock()
            raise
        noted = _noted(folder)
        self._done = {level: _Done(_known(noted, "acknowledged", level)) for level in Level}
        self._included = {level: _known(noted, "included", level) for level in Level}
        self._dropped = self._refused = 0
        self._newest: Waiting | None = None
        self._turn = Level.BUCKET
        for level, log in self._logs.items():
            self._included[level] = self._includes(level)
            log.skip_to(max(self._done[level].prefix, self._included[level]) + 1)
            self._done[level].skip(self._done[level].prefix, log.first)
        damage = [log.found for log in self._logs.values()]
        self._found = Damage(*map(sum, zip(*damage, strict=True)))
        self.state = self._now()
        """What is in it. Reading it waits for nothing, so the main thread may."""

    # For the recorder -------------------------------------------------------------------------------------------------

    def append(self, record: SensorRecord) -> int:
        """Write a record with the next sequence of its level, and return this number once the record is on the disk.

        Raises:
            SpoolError: it is not there; the caller may try again.
            ValueError: it is too large.
        """
        level = record.series.level
        with self._guard:
            log = self._logs[level]
            block = encode(record._replace(sequence=log.next))
            try:
                number = log.append(block, record.written)
            except OSError as reason:
                raise _error(self._folder, reason) from reason
            if level is Level.BUCKET:
                self._newest = Waiting(level, number, record._replace(sequence=number), len(block))
            last = log.drop_old(record.written)
            self._dropped += self._done[level].drop(last)
            if level > Level.BUCKET:
                self._included[Level(level - 1)] = record.through
                self._clean(Level(level - 1))
            self.state = self._now()
            return number

    def included(self, level: Level) -> int:
        """Return the sequence of the last record of a level that the next longer level includes."""
        return self._included[level]

    def after(self, level: Level, sequence: int) -> Iterator[SensorRecord]:
        """Iterate over the records of a level after a sequence, oldest first, without those that cannot be read."""
        for entry in self._logs[level].iterate(sequence):
            if (record := _decoded(entry.contents)) is not None:
                yield record

    # For the sender ---------------------------------------------------------------------------------------------------

    def newest(self) -> Waiting | None:
        """Return the newest bucket, unless it was acknowledged."""
        with self._guard:
            last = self._logs[Level.BUCKET].next - 1
            if last in self._done[Level.BUCKET]:
                return None
            if self._newest is not None:
                return self._newest
            return next(iter(self._read(Level.BUCKET, last - 1, 1)), None)

    def oldest(self, records: int, size: int) -> list[Waiting]:
        """Return some of the oldest records that were not acknowledged, of one level, each in turn: at most so many
        records, and about so many bytes.
        """
        with self._guard:
            for _ in Level:
                level, self._turn = self._turn, Level((self._turn + 1) % len(Level))
                while self._done[level].prefix < self._logs[level].next - 1:
                    if found := self._read(level, self._done[level].prefix, size)[:records]:
                        return found
            return []

    def acknowledge(self, sent: Sequence[Waiting]) -> None:
        """Note that the store has these records."""
        with self._guard:
            for each in sent:
                self._done[each.level].add(each.sequence)
            for level in {each.level for each in sent}:
                self._clean(level)
            self._note()
            self.state = self._now()

    def set_aside(self, refused: Waiting) -> Path | None:
        """Keep a refused record in a folder for inspection, out of the way of the others. Return the folder; None if
        there are too many, or the disk fails.
        """
        with self._guard:
            self._refused += 1
            self.acknowledge([refused])
            folder = self._folder / REFUSED
            with suppress(OSError):
                folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
                if len(os.listdir(folder)) < MAX_REFUSED:
                    path = folder / f"{refused.level.name.lower()}-{refused.sequence:019}.record"
                    path.write_bytes(encode(refused.record))
                    return folder
            return None

    def close(self) -> None:
        """Close the files, and unlock the spool. It may be called twice."""
        with self._guard:
            for log in self._logs.values():
                log.close()
            self._unlock()

    # ------------------------------------------------------------------------------------------------------------------

    def _now(self) -> State:
        waiting = sum(log.next - 1 - self._done[level].count for level, log in self._logs.items())
        size = sum(log.size for log in self._logs.values())
        return State(waiting, size, self._dropped, self._refused, self._found)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _includes(self, level: Level) -> int:
        """Return what the latest record of the next longer level includes, or what was noted if that is more."""
        longer = self._logs.get(Level(level + 1)) if level < Level.DAY else None
        records = (_decoded(entry.contents) for entry in longer.newest()) if longer is not None else iter(())
        latest = next((record for record in records if record is not None), None)
        return max(self._included[level], latest.through if latest is not None else 0)

    def _read(self, level: Level, sequence: int, size: int) -> list[Waiting]:
        """Return records after a sequence that were not acknowledged; note those that nobody can read as done."""
        done, found, before = self._done[level], [], sequence
        for entry in self._logs[level].after(sequence, size):
            done.skip(before, entry.number)
            before = entry.number
            if entry.number in done:
                continue
            if (record := _decoded(entry.contents)) is None:
                done.add(entry.number)
                self._found = self._found._replace(missing=self._found.missing + 1)
            else:
                found.append(Waiting(level, entry.number, record, len(entry.contents)))
        if before == sequence:
            done.skip(sequence, self._logs[level].next)
        return found

    def _clean(self, level: Level) -> None:
        """Delete what was acknowledged and added up."""
        done = self._done[level].prefix
        self._logs[level].drop_until(done if level is Level.DAY else min(done, self._included[level]))

    def _note(self) -> None:
        """Note what was acknowledged, in place of what was noted before. If that fails, records are sent again."""
        noted = {
            "acknowledged": {level.name: done.prefix for level, done in self._done.items()},
            "included": {level.name: number for level, number in self._included.items()},
        }
        new = self._folder / f"{NOTED}.new"
        with suppress(OSError):
            new.write_text(json.dumps(noted))
            new.replace(self._folder / NOTED)


class _Done:
    """Sequences that are done with: all up to `prefix`, and some above."""

    def __init__(self, prefix: int) -> None:
        self.prefix = prefix
        self._above: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number <= self.prefix or number in self._above

    @property
    def count(self) -> int:
        return self.prefix + len(self._above)

    def add(self, number: int) -> None:
        if number > self.prefix:
            self._above.add(number)
        self._advance()

    def skip(self, after: int, before: int) -> None:
        """Note that the numbers in between are lost: a damaged file had them."""
        if after <= self.prefix:
            self.prefix = max(self.prefix, before - 1)
            self._above = {number for number in self._above if number > self.prefix}
        else:
            self._above.update(range(after + 1, before))
        self._advance()

    def drop(self, last: int) -> int:
        """Note that everything up to `last` was deleted, and return how much of it was not done with."""
        if last <= self.prefix:
            return 0
        known = {number for number in self._above if number <= last}
        lost = last - self.prefix - len(known)
        self._above -= known
        self.prefix = last
        self._advance()
        return lost

    def _advance(self) -> None:
        while self.prefix + 1 in self._above:
            self.prefix += 1
            self._above.remove(self.prefix)


def _decoded(block: bytes) -> SensorRecord | None:
    try:
        return decode(block)
    except ValueError:
        return None


def _locked(folder: Path) -> int:
    file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        text = f"another process uses the spool {folder}; give each sensor its own --sensor NAME or --spool DIR"
        raise SpoolError(text) from None
    return file


def _number(folder: Path, sensor: str) -> int:
    """Return the number of the spool; a new one for a new folder."""
    path = folder / IDENTITY
    try:
        known = json.loads(path.read_bytes())
        number, name = known["spool"], known["sensor"]
    except FileNotFoundError:
        if not any(folder.glob(f"*{SUFFIX}")):
            return _new_number(path, sensor)
        number, name = 0, ""
    except (ValueError, KeyError, TypeError):
        number, name = 0, ""
    if not isinstance(number, int) or not 0 < number < 2**63 or not NAME.fullmatch(str(name)):
        raise SpoolError(f"{path} is damaged; move {folder} away, or use another --spool DIR")
    if name != sensor:
        raise SpoolError(f"the spool {folder} is of the sensor {name}; use --sensor {name}, or another --spool DIR")
    return number


def _new_number(path: Path, sensor: str) -> int:
    number = secrets.randbelow(2**63 - 1) + 1
    new = path.with_suffix(".new")
    with open(new, "w", opener=lambda name, flags: os.open(name, flags, OWNER_ONLY)) as file:
        json.dump({"sensor": sensor, "spool": number}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return number


def _noted(folder: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads((folder / NOTED).read_bytes())
    return {}


def _known(noted: Any, name: str, level: Level) -> int:
    """Return a number that was noted; 0 if it is missing or damaged."""
    found = noted.get(name) if isinstance(noted, Mapping) else None
    number = found.get(level.name) if isinstance(found, Mapping) else None
    return number if isinstance(number, int) and 0 <= number < 2**62 else 0


def _error(folder: Path, reason: OSError) -> SpoolError:
    return SpoolError(f"cannot write to the spool {folder}: {reason.strerror or reason}")
