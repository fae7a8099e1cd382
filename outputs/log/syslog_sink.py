"""Sends lines to a syslog daemon (RFC 5424) from a thread, so that a slow one delays nothing. `backlog.py` decides what
to send and when.
"""

import os
import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notices.syslog_channel import Channel, connect, failure
from notices.syslog_format import (
    APPLICATION,
    CRITICAL,
    ERROR,
    INFORMATIONAL,
    NOTICE,
    USUAL_SIZE,
    WARNING,
    header_name,
    local_header,
)
from notices.syslog_place import Place
from outputs.log.backlog import Backlog
from outputs.log.kinds import Kind
from outputs.log.shortening import fitting
from traffic import finding
from view.log_times import microseconds, moment

SEVERITIES: Final = {
    finding.INFO: INFORMATIONAL,
    finding.LOW: NOTICE,
    finding.MEDIUM: WARNING,
    finding.HIGH: ERROR,
    finding.CRITICAL: CRITICAL,
}
"""Severities of RFC 5424."""
MESSAGES: Final = 500
"""Number of messages made at a time, so that those of a large batch are never all in memory."""
CLOSED: Final = "the connection was closed"


@dataclass(frozen=True)
class Delivery:
    """How to send."""

    facility: int
    """Number of the facility."""
    host: str
    """Name of this machine."""
    size: int
    """Maximum bytes of a message; with UDP, a datagram has at most USUAL_SIZE, because larger ones are rarely read."""
    queue: int
    """Maximum bytes of queued messages."""
    timeout: float
    """Seconds to wait for the daemon in each step."""
    flush_time: float
    """Seconds to send what is queued at the end."""
    patient: bool = False
    """Whether to wait for room in the queue for `timeout`, as files are read faster than sent."""


class SyslogSink:
    """A daemon, and the thread that sends to it."""

    def __init__(
        self,
        place: Place,
        delivery: Delivery,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`context` is for TLS."""
        self._place = place
        self._delivery = delivery
        self._context = context
        self._clock = clock
        self._size = min(delivery.size, USUAL_SIZE) if place.scheme == "udp" else delivery.size
        self._sender = header_name(delivery.host, 255)
        self._process = os.getpid()
        self._backlog = Backlog(f"syslog {place.title}", delivery.queue)
        self._channel: Channel | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._deadline = 0.0  # of the end
        self._waits = delivery.patient
        self._thread = threading.Thread(target=self._run, name=self._backlog.name, daemon=True)

    def put(self, kind: Kind, records: Sequence[Any], line: Callable[[Any], str]) -> None:
        """Queue a message for each record."""
        for begin in range(0, len(records), MESSAGES):
            messages = [self._message(kind, record, line) for record in records[begin : begin + MESSAGES]]
            with self._changed:
                for message, shorter in messages:
                    self._queue(message, shorter, urgent=kind.urgent)
                self._changed.notify_all()

    def start(self) -> None:
        """Start the thread."""
        self._process = os.getpid()
        self._thread.start()

    def hurry(self) -> None:
        """Send what is queued, and end."""
        with self._changed:
            if not self._closing:
                self._deadline = self._clock() + self._delivery.flush_time
            self._closing = True
            self._backlog.hurry()
            self._changed.notify_all()

    def close(self) -> None:
        """Wait for that for a limited time. A second call does nothing."""
        self.hurry()
        if self._thread.ident is not None:
            self._thread.join(max(0.0, self._deadline - self._clock()))
        with self._changed:
            self._backlog.abandon()
            self._changed.notify_all()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about messages that the daemon did not get."""
        with self._changed:
            return tuple(self._backlog.complaints(self._clock()))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about messages that were shortened, or sent again."""
        with self._changed:
            return tuple(self._backlog.remarks())

    def _message(self, kind: Kind, record: Any, line: Callable[[Any], str]) -> tuple[bytes | None, bool]:
        """Return the message, and whether its line was shortened; None if it cannot be short enough."""
        head = self._head(kind, record)
        message = (head + line(record)).encode("utf-8", "replace")
        if len(message) <= self._size:
            return message, False
        text = fitting(record, line, self._size - len(head))
        return None if text is None else (head + text).encode("utf-8", "replace"), True

    def _head(self, kind: Kind, record: Any) -> str:
        """Return everything before the line. There is no byte order mark, which programs that read CEF and LEEF do not
        expect; without one, the text is UTF-8 or ASCII all the same (RFC 5424 section 6.4).
        """
        priority = 8 * self._delivery.facility + SEVERITIES[kind.severity(record)]
        if self._place.scheme == "bsd":
            return local_header(priority, record.time, self._process)
        time = moment(microseconds(record.time))
        return f"<{priority}>1 {time} {self._sender} {APPLICATION} {self._process} {kind.name.upper()} - "

    def _queue(self, message: bytes | None, shorter: bool, *, urgent: bool) -> None:
        if message is None:
            self._backlog.too_long()
            return
        if shorter:
            self._backlog.shortened()
        self._wait_for_room(message)
        self._backlog.add(message, urgent=urgent)

    def _wait_for_room(self, message: bytes) -> None:
        """Wait for room in the queue, if the sink is patient. It waits only once for a daemon that does not come."""
        if self._backlog.fits(message):
            self._waits = self._delivery.patient and (self._waits or self._backlog.has_room)
        elif self._waits:
            self._changed.notify_all()
            self._waits = self._changed.wait_for(lambda: self._backlog.has_room, self._delivery.timeout)

    # the thread ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (messages := self._next()) is not None or not self._ended():
            self._try(messages or [])

    def _try(self, messages: Sequence[bytes]) -> None:
        try:
            self._send(messages)
        except OSError as error:
            self._give_up(failure(error))
        except Exception as error:  # a bug here must not end the thread
            self._give_up(f"failed with {type(error).__name__}")

    def _next(self) -> list[bytes] | None:
        """Wait for messages to send, or for the time to look whether the connection lives; None at the end."""
        with self._changed:
            while not (self._closing and not self._backlog.waiting):
                now = self._clock()
                if messages := self._backlog.take(now):
                    return messages
                pause = self._backlog.pause(now)
                if pause is None or self._backlog.waiting:
                    self._changed.wait(pause)
                elif not self._changed.wait(pause):
                    return []
            return None

    def _send(self, messages: Sequence[bytes]) -> None:
        if self._channel is not None and self._channel.hung_up():
            self._hung_up()
            return
        if messages:
            if self._channel is None:
                self._channel = connect(self._place, self._delivery.timeout, self._context)
            self._channel.send(messages)
        acknowledged = self._channel is not None and not self._channel.unacknowledged()
        with self._changed:
            if messages:
                self._backlog.sent(self._clock())
            if acknowledged:
                self._backlog.confirm(self._clock())
            self._changed.notify_all()

    def _hung_up(self) -> None:
        """Connect anew. If everything sent was surely read, as with a daemon that ends idle connections, nothing is
        wrong.
        """
        if self._backlog.in_doubt:
            self._give_up(CLOSED)
            return
        self._disconnect()

    def _give_up(self, reason: str) -> None:
        self._disconnect()
        with self._changed:
            self._backlog.unavailable(self._clock(), reason, random.random())
            self._changed.notify_all()

    def _disconnect(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _ended(self) -> bool:
        """Close the connection so that the daemon reads everything; return False if it breaks before."""
        if self._channel is None:
            return True
        channel, self._channel = self._channel, None
        try:
            broken = channel.hung_up() and self._backlog.in_doubt
            channel.end()
        except OSError as error:
            channel.close()
            self._give_up(failure(error))
            return False
        if broken:
            self._give_up(CLOSED)
            return False
        with self._changed:
            self._backlog.read()
        return True
