"""The contract of an inspector: a detector that reads heads and bodies, and what it gets to read.

An inspector is a class in `detection/inspectors/NAME.py` whose `name` is NAME, enabled like a detector in
`Config.detectors`; its constructor gets settings the same way. Inspectors run in processes of their own without rights,
behind a bounded queue, and each exchange has a budget of CPU time. So an inspector may be slow, and may meet a bug in a
library, without harm to anybody else; but it cannot open files later, and it does not see every exchange. It may have
the attributes `families`, the families of sockets that it makes, and `connects`, whether it makes TCP connections.

The constructor reads the rules, with the rights of the user that the program becomes. If it raises a ValueError with
one line, such as `crs.conf line 12: unknown variable`, the user sees that line. Import everything at the top of the
file: later, nothing can be read. Start no threads there, because processes are forked afterwards. A class with
`families = (socket.AF_UNIX,)` may make such sockets.

A class with a method `use_core` gets the core's module, or None without the core, once it is made.

Of a finding, time, client, server, host and path are those of the exchange, and the detector is the inspector,
whatever it says.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Protocol

from detection.codings import Undo, decoded
from detection.messages import Message, message
from traffic.content import Content
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding


class Inspected:
    """An exchange as an inspector sees it. What several inspectors need is computed once, when it is first needed."""

    def __init__(self, content: Content, longest_body: int, undo: Undo = decoded) -> None:
        """Bodies are cut at `longest_body` bytes once `undo` has undone their content codings; see `message`."""
        self.content = content
        self._longest_body = longest_body
        self._undo = undo

    @cached_property
    def request(self) -> Message | None:
        """The request; None if it was not seen."""
        told = self.content
        return self._message(told.request_head, told.request_body, told.request_bytes)

    @cached_property
    def response(self) -> Message | None:
        """The response; None if it was not seen."""
        told = self.content
        return self._message(told.response_head, told.response_body, told.response_bytes)

    def _message(self, head: bytes, body: bytes, size: int) -> Message | None:
        # An answer of HTTP/0.9 has no head (RFC 1945 section 6).
        return message(head, body, size, self._longest_body, self._undo) if head or body else None


class Inspector(Protocol):
    """A plug-in. What it remembers is bounded. Each process has an instance of its own, which sees a part of all."""

    @property
    def name(self) -> str:
        """Name of its file, as in `Config.detectors`."""

    @property
    def title(self) -> str:
        """What it finds, in a few words."""

    def inspect(self, exchange: Inspected) -> Iterable[Finding | FileTransfer]:
        """Return what was found in an exchange, and the files that it carries, if it hashes them."""
        ...
