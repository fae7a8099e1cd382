"""The process that runs inspectors over contents. Nothing it reads is trusted, so it may do nothing but answer.

The kernel ends it when an exchange takes more CPU time than the budget, because nothing else can interrupt a library.
"""

import ctypes
import marshal
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from capture.core import CORE
from capture.lockdown import Grants, lock_down
from detection.codings import Undo, decoded
from detection.inspector import Inspected, Inspector
from inspection.answer import FIELDS, Answer, Failed, answered
from inspection.channel import Channel
from inspection.terms import Terms
from traffic.content import Content
from traffic.file_transfer import FileTransfer
from traffic.finding import SEVERITIES, Finding

OUT_OF_MEMORY: Final = 101
TOO_DEEP: Final = 102
"""Exit statuses: an exchange took all memory, or had too many levels for Python."""
UNDO: Final[Undo] = getattr(CORE, "decode_content", decoded)
"""What undoes content codings: the core knows more of them."""
MARK: Final = b"."
"""What is written before each exchange."""
_PR_SET_NAME: Final = 15
_PR_SET_PDEATHSIG: Final = 1


def work(connection: socket.socket, marks: int, inspectors: Sequence[Inspector], terms: Terms) -> NoReturn:
    """Inspect what arrives, until the other end is closed. It does not return."""
    status = 1
    try:
        _confine(inspectors, terms)
        _serve(Channel(connection), marks, inspectors, terms)
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    except RecursionError:
        status = TOO_DEEP
    except OSError:  # nobody waits for the answer any more
        status = 0
    finally:
        os._exit(status)


def end_with_parent(name: bytes, parent: int) -> None:
    """Have the kernel end this process as soon as `parent` has ended, whatever it is doing then (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    library.prctl(_PR_SET_NAME, name)
    library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _confine(inspectors: Iterable[Inspector], terms: Terms) -> None:
    """Give up everything that inspecting does not need."""
    with suppress(OSError):  # a service may be forbidden to change priorities
        os.nice(terms.niceness)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if (used := _address_space()) is not None:
        _limit(resource.RLIMIT_AS, used + terms.memory)
    if terms.lockdown:
        families = {family for each in inspectors for family in getattr(each, "families", ())}
        connects = any(getattr(each, "connects", False) for each in inspectors)
        lock_down(Grants(families=tuple(families), connects=connects))


def _limit(kind: int, most: int) -> None:
    with suppress(OSError, ValueError):  # there is a lower limit, or it may not be changed
        resource.setrlimit(kind, (most, most))


def _address_space() -> int | None:
    """Return the bytes of addresses in use; None if the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def _serve(channel: Channel, marks: int, inspectors: Sequence[Inspector], terms: Terms) -> None:
    while (message := channel.receive()) is not None:
        disabled, contents = marshal.loads(message.body)
        active = [each for each in inspectors if each.name not in disabled]
        for number, fields in enumerate(contents, 1):
            os.write(marks, MARK)
            signal.setitimer(signal.ITIMER_PROF, terms.budget)
            answer = _inspect(active, Content(*fields), terms)
            if any(answer):
                channel.send(number, answered(answer, terms.longest_text))
        signal.setitimer(signal.ITIMER_PROF, 0)
        channel.send(0)


def _inspect(active: list[Inspector], content: Content, terms: Terms) -> Answer:
    """Ask all inspectors; one that raises is asked no more."""
    exchange = Inspected(content, terms.longest_body, UNDO)
    found: list[Finding | FileTransfer] = []
    failed: list[Failed] = []
    for inspector in list(active):
        text = _ask(inspector, exchange, found)
        if text:
            failed.append(Failed(inspector.name, text))
            active.remove(inspector)
    findings = tuple(each for each in found if isinstance(each, Finding))
    return Answer(findings, tuple(failed), tuple(each for each in found if isinstance(each, FileTransfer)))


def _ask(inspector: Inspector, exchange: Inspected, found: list[Finding | FileTransfer]) -> str:
    """Add what an inspector finds to `found`; return the traceback if it raises an exception."""
    try:
        found += [_checked(each, inspector.name) for each in inspector.inspect(exchange)]
    except (MemoryError, RecursionError):  # the fault of the exchange
        raise
    except Exception:
        return traceback.format_exc()
    return ""


def _checked(finding: Finding | FileTransfer, name: str) -> Finding | FileTransfer:
    """Return the finding as one of the inspector with that name; a file as it is.

    Raises:
        TypeError, ValueError: it is none.
    """
    if isinstance(finding, FileTransfer):
        return finding
    if not isinstance(finding, Finding) or not all(isinstance(getattr(finding, field), str) for field in FIELDS):
        raise TypeError(f"not a finding: {finding!r:.200}")
    if finding.severity not in SEVERITIES:
        raise ValueError(f"unknown severity {finding.severity!r:.200}")
    return finding._replace(detector=name)
