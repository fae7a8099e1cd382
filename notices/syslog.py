"""Sends notices to a syslog daemon."""

import os
import ssl
from typing import Final

from notices.errors import Unavailable
from notices.notice import Notice
from notices.syslog_channel import connect, failure
from notices.syslog_message import local_message, syslog_message
from notices.syslog_place import Place


class Syslog:
    """A receiver: one daemon. It is connected only while a notice is sent, because notices are rare."""

    repeat: Final = None

    def __init__(self, place: Place, facility: int, timeout: float, context: ssl.SSLContext | None = None) -> None:
        """`timeout` applies to each step, in seconds; `context` is for TLS."""
        self.name = f"syslog {place.title}"
        self._place = place
        self._facility = facility
        self._timeout = timeout
        self._context = context

    @property
    def is_remote(self) -> bool:
        """Whether the daemon is reached over the network."""
        return bool(self._place.host)

    def send(self, notice: Notice) -> None:
        """Send the notice. If the other side closes a connection after us, it has read it.

        Raises:
            Unavailable: the daemon cannot be reached.
        """
        form = local_message if self._place.scheme == "bsd" else syslog_message
        message = form(notice, self._facility, os.getpid())
        try:
            channel = connect(self._place, self._timeout, self._context)
            try:
                channel.send([message])
                channel.end()
            finally:
                channel.close()
        except OSError as error:
            raise Unavailable(failure(error)) from None

    def cancel(self) -> None:
        """Do nothing: the thread ends with the program."""
