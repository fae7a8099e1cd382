"""The command line of `exercise.py`."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capture.ports import Ports, parse_ports
from cli.options import make_parser
from outputs.address import Address

if TYPE_CHECKING:
    from incidents.record import Recorded
    from proxy.arguments import ProxyArguments

NO_HISTORY = "none"
"""The value of `--history` that keeps no history."""
PCAPNG = ".pcapng"
"""The end of the names of files that `-w` writes in this format."""


@dataclass(frozen=True)
class Arguments:
    """The parsed command line."""

    interface: str
    ports: Ports
    read: str | None
    write: str | None
    keys: tuple[str, ...]
    """Key logs; empty leaves the choice to the setting."""
    indicators: tuple[str, ...]
    """Files with indicators; empty leaves the choice to the setting."""
    sigma: tuple[str, ...]
    """Files and folders with Sigma rules; empty leaves the choice to the setting."""
    suricata: tuple[str, ...]
    """Files and folders with rules of Suricata; empty leaves the choice to the setting."""
    yara: tuple[str, ...]
    """Files and folders with YARA rules; empty leaves the choice to the setting."""
    crs: tuple[str, ...] | None
    """Rules that the detector `waf` runs, an empty text for those of the settings; None does not enable it."""
    embed_keys: bool
    """Whether the file of packets gets the keys too."""
    log: str | None
    report: str | None
    """The file for the HTML page that is written at the end."""
    prometheus: Address | None
    """The address at which metrics are served."""
    history: str | None
    """The history file, or NO_HISTORY; None means the default file for a live capture, otherwise none."""
    expression: str
    only: str
    """Filter for exchanges; empty for all."""
    count: int | None
    duration: float | None
    config: str | None
    """The settings file; None is the user's own, if there is one."""
    settings: dict[str, str]
    list_interfaces: bool
    show_config: bool
    test_notice: bool
    demo: bool
    ui: str
    """One of UIS."""
    colour: bool | None
    """None leaves the choice to the terminal and NO_COLOR."""
    quiet: bool
    verbose: bool
    incident: "Recorded | None" = None
    """The incident that is read, whose packets are in `read`."""
    proxy: "ProxyArguments | None" = None
    """What the proxy is to do that is monitored; None if the traffic of others is."""

    @property
    def uses_output(self) -> bool:
        """Whether the log, the packets or the report go to standard output, which then carries nothing else."""
        return "-" in (self.log, self.write, self.report)


def parse_arguments(argv: Sequence[str] | None = None) -> Arguments:
    """Return the arguments. --help, --version and wrong usage end the program.

    Raises:
        CaptureError: -r names a folder that is not one of an incident.
    """
    return read_arguments(check_usage(argv))


def read_arguments(given: argparse.Namespace) -> Arguments:
    """Return the arguments that a command line says, once it is known to have no contradictions.

    Raises:
        CaptureError: -r names a folder that is not one of an incident.
    """
    incident = _incident(given.read)
    return Arguments(
        interface=given.interface or "eth0",
        ports=given.port or (incident.ports if incident is not None else parse_ports("80")),
        read=given.read if incident is None else str(incident.packets),
        write=given.write,
        keys=tuple(given.keys),
        indicators=tuple(given.indicators),
        sigma=tuple(given.sigma),
        suricata=tuple(given.suricata),
        yara=tuple(given.yara),
        crs=None if given.crs is None else tuple(given.crs),
        embed_keys=given.embed_keys,
        log=given.log,
        report=given.report,
        prometheus=given.prometheus,
        history=given.history,
        expression=given.filter,
        only=given.only or (incident.only if incident is not None else ""),
        count=given.count,
        duration=given.duration,
        config=given.config,
        settings={**dict(given.settings), **_short_settings(given)},
        list_interfaces=given.list_interfaces,
        show_config=given.show_config,
        test_notice=given.test_notice,
        demo=given.demo,
        ui=given.ui,
        colour=False if given.no_color else None,
        quiet=given.quiet or "-" in (given.log, given.write, given.report),
        verbose=given.verbose,
        incident=incident,
    )


def check_usage(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says, without reading a file. --help, --version and wrong usage end the program."""
    parser = make_parser()
    given = parser.parse_args(argv)
    refuse_contradictions(parser, given)
    return given


def _incident(read: str | None) -> "Recorded | None":
    """Return the incident whose folder is to be read; None if it is another file."""
    if read is None or not os.path.isdir(read):
        return None
    from incidents.record import recorded  # needs NumPy, which --help does not

    return recorded(Path(read))


def refuse_contradictions(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """End the program if options contradict each other."""
    if given.demo and (given.read is not None or given.interface is not None or given.port is not None):
        parser.error("--demo uses its own interface and port; leave out -i, -p and -r")
    if given.read is not None and given.interface is not None:
        parser.error("-i and -r cannot be combined")
    output = [given.log, given.write, given.report].count("-")
    if output > 1:
        parser.error("--log -, -w - and --report - all need standard output; use files")
    if given.ui in ("full", "json") and output:
        parser.error(f"--ui {given.ui} needs standard output for itself; use files for --log, -w and --report")
    if given.ui == "full" and given.quiet:
        parser.error("--ui full and -q cannot be combined")
    if given.embed_keys and not given.incidents and not (given.write or "").lower().endswith(PCAPNG):
        parser.error(f"--embed-keys needs -w FILE{PCAPNG} or --incidents: other formats have no place for keys")
    if "-" in given.keys:
        parser.error("--keys cannot be standard input; use a file or a FIFO")
    for option in ("prometheus", "otlp", "store", "log-syslog"):
        if given.demo and getattr(given, option.replace("-", "_")) is not None:
            parser.error(f"--demo may run in a private network, where --{option} reaches nobody; leave one out")


_SHORT_SETTINGS = {
    "user": "user", "on_alert": "notice_command", "protocols": "protocols", "owners": "owners",
    "trusted_proxies": "trusted_proxies", "incidents": "incidents", "store": "store", "sensor": "sensor",
    "vantage": "vantage", "spool": "spool", "otlp": "otlp", "log_format": "log_format", "log_syslog": "log_syslog",
    "block_dry_run": "block_dry_run", "model": "learned_model", "labels": "labels_file",
}  # fmt: skip
"""Settings that have their own option, by option."""


def _short_settings(given: argparse.Namespace) -> dict[str, str]:
    values = {name: getattr(given, option) for option, name in _SHORT_SETTINGS.items()}
    if given.block:
        values["block"] = ",".join(dict.fromkeys(given.block))
    return {name: value for name, value in values.items() if value is not None}
