"""Writes the folder of one incident: at the alert what is known by then, and later what came after it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from capture.errors import CaptureError
from capture.pcapng_writer import PcapngWriter
from capture.recent_packets import Followed, Frozen
from incidents.comments import Comments
from incidents.incident import EXCHANGES, JSON, PACKETS, PAGE, RECORD, SUMMARY, Contents, Incident
from incidents.record import record
from incidents.summary import summary
from traffic.frames import Frames
from traffic.records import Exchange
from view.exchange_line import exchange_line
from view.json_view import json_line
from view.view import View

OWNER_ONLY: Final = 0o600


class Renders(Protocol):
    """Makes the page of a View."""

    def html(self, view: View) -> str:
        """Return the page."""


class BundleError(Exception):
    """The folder cannot be written. The text is one line for the user."""


class Bundle:
    """The folder of one incident. Its methods raise BundleError if writing fails."""

    def __init__(self, incident: Incident, page: Renders | None) -> None:
        """`page` is None if pages cannot be made."""
        self._incident = incident
        self._folder = Path(incident.folder)
        self._page = page
        self._comments = Comments()
        self._contents = Contents(has_page=page is not None)
        self._packets: PcapngWriter | None = None

    def begin(self, frozen: Frozen, exchanges: Sequence[Exchange], exchanges_since: float | None) -> None:
        """Write what is known when the alert is raised."""
        incident = self._incident
        self._contents = replace(self._contents, whole_since=frozen.whole_since, exchanges_since=exchanges_since)
        self._comments.add_alerts(incident.alerts)
        with self._noting_failure():
            self._write(RECORD, record(incident))
            about = f"Incident on {incident.run.host}, {incident.run.source}: {incident.alerts[0].explanation}"
            path, embeds_keys = str(self._folder / PACKETS), incident.run.embeds_keys
            self._packets = PcapngWriter(path, about, open_owner_only, embeds_keys=embeds_keys)
            self._add(frozen.batches, exchanges, frozen.keys)
            self._write(SUMMARY, summary(incident, self._contents))
            self._write(JSON, json_line(incident.scene.view) + "\n")
            if self._page is not None:
                self._write(PAGE, self._page.html(incident.scene.view))

    def finish(self, incident: Incident, followed: Followed, exchanges: Sequence[Exchange], forgotten: int) -> None:
        """Add what came after the alert. `incident` has the alerts that were raised meanwhile, too; `forgotten` is the
        number of exchanges that are missing.
        """
        self._comments.add_alerts(incident.alerts[len(self._incident.alerts) :])
        so_far = replace(self._contents, packets_left_out=followed.left_out, exchanges_left_out=forgotten)
        self._contents = replace(so_far, is_complete=True)
        with self._noting_failure():
            if not self._contents.failure:
                self._add(followed.batches, exchanges, followed.keys)
                self._write(RECORD, record(incident))
            if self._packets is not None:
                self._packets.close()
            self._write(SUMMARY, summary(incident, self._contents))

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except (OSError, CaptureError) as error:
            said = str(error) if isinstance(error, CaptureError) else told(error)
            self._contents = replace(self._contents, failure=said)
            raise BundleError(said) from error

    def _add(self, batches: Iterable[Frames], exchanges: Sequence[Exchange], keys: bytes) -> None:
        self._comments.add_processes(exchanges)
        if self._packets is not None and keys:
            self._packets.add_secrets(keys)
        for frames in batches:
            self._add_packets(frames)
        if self._packets is not None:
            self._packets.flush()
        self._add_exchanges(exchanges)

    def _add_exchanges(self, exchanges: Sequence[Exchange]) -> None:
        path, discretion = str(self._folder / EXCHANGES), self._incident.run.discretion
        with open(open_owner_only(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as file:
            file.writelines(f"{exchange_line(each, discretion)}\n".encode("ascii") for each in exchanges)
        self._contents = replace(self._contents, exchanges=self._contents.exchanges + len(exchanges))

    def _add_packets(self, frames: Frames) -> None:
        """Write the packets of a batch: one by one only if it has comments."""
        if self._packets is None:
            return
        if comments := self._comments.on(frames):
            for index, frame in enumerate(frames):
                self._packets.write_one(frame, comments.get(index, ""))
        else:
            self._packets.write(frames)
        known = self._contents
        self._contents = replace(
            known,
            packets=known.packets + len(frames),
            bytes=known.bytes + int(np.subtract(frames.stops, frames.starts).sum()),
            first=known.first if known.packets else float(frames.times[0]),
            last=float(frames.times[-1]),
        )

    def _write(self, name: str, text: str) -> None:
        """Replace a file as a whole."""
        path = self._folder / name
        beside = path.with_name(f".{name}")
        with open(open_owner_only(str(beside), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        beside.replace(path)


def add_to_summary(folder: str, text: str) -> None:
    """Add a paragraph to the summary of an incident, if it is still there.

    Raises:
        OSError: it cannot be written.
    """
    with suppress(FileNotFoundError):  # it was deleted, as there were newer ones
        file = open_owner_only(str(Path(folder) / SUMMARY), os.O_WRONLY | os.O_APPEND)
        with open(file, "ab") as summary_file:
            summary_file.write(f"\n{text}\n".encode())


def told(error: OSError) -> str:
    """Return an error of the system as text."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said


def open_owner_only(path: str, flags: int, mode: int = OWNER_ONLY) -> int:
    """Open a file that only the user can read, whatever `mode` says."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), OWNER_ONLY)
