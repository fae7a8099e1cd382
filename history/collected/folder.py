"""The folder of a collector: a history file `NAME.db` for each sensor."""

import fcntl
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Final, TextIO

from history.collected.sensor_file import Encoded, SensorFile, Taken
from history.database import OWNER_ONLY, HistoryError
from history.keep import Retention
from history.record import Level, StoreError
from history.record_codec import NAME

END: Final = ".db"
LOCK: Final = ".collector"
"""Name of the file that a collector locks: two of them could apply the same record."""


def file_of(folder: str, sensor: str) -> str:
    """Return the path of a sensor's file."""
    return os.path.join(folder, sensor + END)


def sensors_in(folder: str) -> list[str]:
    """Return the sensors that have a file, by name.

    Raises:
        HistoryError: the folder cannot be read.
    """
    try:
        names = [name.removesuffix(END) for name in os.listdir(folder) if name.endswith(END)]
    except OSError as reason:
        raise HistoryError(f"cannot read the folder {folder}: {reason.strerror}") from reason
    return sorted(name for name in names if NAME.fullmatch(name))


def is_collectors(folder: str) -> bool:
    """Return whether a collector uses a folder, or did; it may have no sensors yet."""
    return os.path.exists(os.path.join(folder, LOCK))


class Folder:
    """Applies the records of sensors to their files. Several threads may use it; each sensor is written by one."""

    def __init__(
        self,
        path: str,
        keep: Retention,
        units: Mapping[str, str],
        recent: float,
        max_sensors: int,
        zone: tzinfo | None = None,
    ) -> None:
        """Use a folder that exists.

        Raises:
            HistoryError: it cannot be used, or another collector uses it.
        """
        self._path = path
        self._keep = keep
        self._units = units
        self._recent = recent
        self._max_sensors = max_sensors
        self._zone = zone
        self._lock_file = _locked(os.path.join(path, LOCK))
        self._known = set(sensors_in(path))
        self._files: dict[str, SensorFile] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def sensors(self) -> int:
        """Number of sensors that have a file."""
        return len(self._known)

    def take(self, records: Iterable[Encoded], received: float) -> Taken:
        """Apply the bucket records; those of longer periods are not needed.

        Raises:
            StoreError: a record may not be applied, now or ever. Those of other sensors may have been.
            HistoryError: a file cannot be written. Those of other sensors may have been.
        """
        of_sensors: dict[str, list[Encoded]] = {}
        for record, block in records:
            if record.series.level is Level.BUCKET:
                of_sensors.setdefault(record.series.sensor, []).append((record, block))
        taken = Taken(0, 0)
        for sensor, own in of_sensors.items():
            new, repeated = self._take(sensor, own, received)
            taken = Taken(taken.new + new, taken.repeated + repeated)
        return taken

    def close(self) -> None:
        """Close all files. This may be called twice."""
        for sensor, file in list(self._files.items()):
            with self._locks[sensor]:
                file.close()
        self._lock_file.close()

    def _take(self, sensor: str, records: Sequence[Encoded], received: float) -> Taken:
        with self._locked(sensor):
            try:
                return self._file(sensor).take(records, received)
            except HistoryError:
                # It is opened again next time: somebody may have moved a damaged file away.
                with suppress(KeyError):
                    self._files.pop(sensor).close()
                raise

    def _locked(self, sensor: str) -> threading.Lock:
        """Return the lock of a sensor, which may be new.

        Raises:
            StoreError: there are too many sensors.
        """
        with self._lock:
            if sensor not in self._known and len(self._known) >= self._max_sensors:
                raise StoreError(f"the collector has its maximum of {self._max_sensors} sensors (max_sensors)")
            self._known.add(sensor)
            return self._locks.setdefault(sensor, threading.Lock())

    def _file(self, sensor: str) -> SensorFile:
        if sensor not in self._files:
            path = file_of(self._path, sensor)
            self._files[sensor] = SensorFile(path, self._keep, self._units, self._recent, self._zone)
        return self._files[sensor]


def _locked(path: str) -> TextIO:
    """Return the open file, which nobody else can lock until it is closed.

    Raises:
        HistoryError: somebody else has locked it, or it cannot be made.
    """
    try:
        file = open(path, "a", opener=_owner_only)  # noqa: SIM115 closed with the folder
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as reason:
        file.close()
        raise HistoryError(
            f"another collector uses {os.path.dirname(path)}; stop it, or use another --store"
        ) from reason
    except OSError as reason:
        raise HistoryError(f"cannot use the folder {os.path.dirname(path)}: {reason.strerror}") from reason
    return file


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)
