"""Makes the log from the settings: its format, its file and its syslog daemons.

Certificates are read here, before the rights are dropped.
"""

import os
import ssl
from collections.abc import Iterator
from socket import gethostname
from typing import TYPE_CHECKING, Final

from cli.arguments import Arguments
from cli.build import PRODUCT, VENDOR, VERSION
from exercise_config import Config
from notices.syslog_format import FACILITIES
from notices.syslog_place import Place, syslog_place
from outputs.log.event_log import EventLog
from outputs.log.file_sink import FileSink
from outputs.log.formats import FORMATS, Terms
from outputs.log.kinds import LOGGED, Origin
from outputs.log.sink import Sink
from outputs.report_file import OpenFile
from run.tls import Certificates, secure_context
from view.exchange_line import Discretion

if TYPE_CHECKING:
    from outputs.log.syslog_sink import SyslogSink

DELIMITERS: Final = {"tab": "\t", "^": "^"}
_MEBIBYTE: Final = 2**20


def logs(arguments: Arguments, config: Config) -> bool:
    """Return whether this run writes a log."""
    return arguments.log is not None or bool(daemons(arguments, config))


def logged_kinds(arguments: Arguments, config: Config) -> frozenset[type]:
    """Return the kinds of records that the log has lines for."""
    if not logs(arguments, config):
        return frozenset()
    return frozenset(LOGGED[name] for name in config.log_records if name in LOGGED)


def daemons(arguments: Arguments, config: Config) -> tuple[Place, ...]:
    """Return the syslog daemons to send to; none for the demo, because it may run in a private network.

    Raises:
        SettingError: an address is malformed.
    """
    if arguments.demo:
        return ()
    return tuple(syslog_place(text, "log_syslog") for text in dict.fromkeys(config.log_syslog))


def exposed(config: Config) -> Iterator[str]:
    """Yield a warning if every user can read the key."""
    if config.log_key and config.log_syslog:
        from notices.secret_file import exposure

        if sentence := exposure(config.log_key, "log_key"):
            yield sentence


def open_log(arguments: Arguments, config: Config, open_file: OpenFile = os.open) -> EventLog | None:
    """Return the log; None if none is wanted. `open_file` opens its file, and those with certificates.

    Raises:
        LogError: the file cannot be opened.
        SettingError: an address is malformed, or a file with certificates is wrong.
    """
    if not logs(arguments, config):
        return None
    host = gethostname() or "localhost"
    sinks: list[Sink] = [_syslog(place, arguments, config, host, open_file) for place in daemons(arguments, config)]
    if arguments.log is not None:
        sinks.append(FileSink(arguments.log, open_file))
    terms = Terms(
        Origin(VENDOR, PRODUCT, VERSION, host),
        Discretion(config.log_query_strings, config.log_credentials),
        DELIMITERS[config.log_leef_delimiter],
    )
    return EventLog(sinks, FORMATS[config.log_format](terms), config.log_records, host)


def _syslog(place: Place, arguments: Arguments, config: Config, host: str, open_file: OpenFile) -> "SyslogSink":
    from outputs.log.syslog_sink import Delivery, SyslogSink

    delivery = Delivery(
        facility=FACILITIES[config.log_syslog_facility],
        host=host,
        size=config.log_message_size,
        queue=config.log_queue * _MEBIBYTE,
        timeout=config.log_timeout,
        flush_time=config.log_flush_time,
        patient=arguments.read not in (None, "-"),
    )
    if place.host:
        "localhost".encode("idna")  # loads a module that every look-up of a name needs
    return SyslogSink(place, delivery, _context(config, open_file) if place.scheme == "tls" else None)


def _context(config: Config, open_file: OpenFile) -> ssl.SSLContext:
    given = Certificates(config.log_authorities, config.log_certificate, config.log_key)
    return secure_context(given, "log", lambda path, flags: open_file(path, flags, 0))
