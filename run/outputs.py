"""Opens the outputs besides the dashboard: the log, JSON lines, the HTML page, metrics and the history.

Files are opened with the rights of whoever started the program, see `capture.named_files`. Optional packages are
imported only if they are needed, and before the rights are dropped.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from capture.core import decoder_name
from capture.privileges import chosen_user
from cli.arguments import NO_HISTORY, Arguments
from cli.build import COMMAND, PROGRAM, VERSION
from cli.history_file import default_path, make_ready, retention
from dashboard.outlet import Console, Farewell, Quiet
from dashboard.screen import Screen
from exercise_config import Config
from outputs.errors import UnavailableError
from outputs.json_lines import JsonLines
from outputs.label_file import LabelFile
from outputs.log.event_log import EventLog
from outputs.otlp.statistics import MetricStatistic
from outputs.report_file import OpenFile, ReportFile
from run.log import daemons, open_log
from run.otlp import exports, otlp_exporter
from run.session import WINDOWS
from run.session_parts import Taker
from run.signals import units_of
from stats.statistic import Statistic
from view.outlet import Outlet
from view.view import View

if TYPE_CHECKING:
    from fleet.sensor import Sensor
    from history.outlet import History
    from notices.syslog_place import Place
    from outputs.html_report import HtmlReport
    from outputs.otlp.exporter import OtlpExporter
    from outputs.prometheus import PrometheusExporter

DISTRIBUTION = "http-monitor"
"""The name of the package in `pyproject.toml`."""


class Outputs:
    """The open outputs."""

    def __init__(
        self,
        log: EventLog | None,
        page: "HtmlReport | None",
        exporter: "PrometheusExporter | None",
        history: "History | None",
        otlp: "OtlpExporter | None" = None,
    ) -> None:
        self._log = log
        self._page = page
        self._exporter = exporter
        self.otlp = otlp
        self.history = history
        self.daemons: tuple[Place, ...] = ()
        """The syslog daemons that the log goes to."""
        self.labels: LabelFile | None = None
        """Where marks made on the full screen are kept; None if no file is named."""
        self.sensor: Sensor | None = None
        """What sends to a store of many sensors; None if no store is named."""

    @property
    def takers(self) -> list[Taker]:
        """The outputs that take every record."""
        return [taker for taker in (self._log, self._exporter, self.otlp) if taker is not None]

    @property
    def outlets(self) -> list[Outlet]:
        """The outputs that take every View."""
        every = (self._page, self._exporter, self.otlp, self.history, self.sensor, self._log)
        return [outlet for outlet in every if outlet is not None]

    @property
    def folders(self) -> list[str]:
        """The folders in which files are opened after set-up."""
        page = [self._page.folder] if self._page is not None and self._page.folder else []
        kept = [each.folder for each in (self.history, self.sensor) if each is not None]
        return [*page, *map(str, kept)]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about outputs that cannot be written any more."""
        known = (self._log, self._page, self.otlp)
        return tuple(warning for output in known if output is not None for warning in output.warnings)

    @property
    def network(self) -> bool:
        """Whether an output connects to another host."""
        return self.otlp is not None or self.sensor is not None or any(place.host for place in self.daemons)

    @property
    def local(self) -> bool:
        """Whether an output connects to a program on this host by a socket of its own."""
        return any(not place.host for place in self.daemons)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about problems with the history and the sensor, and about the log, which do not make the run
        fail.
        """
        found = [text for each in (self.history, self.sensor) if each is not None for text in each.warnings]
        return (*found, *(self._log.remarks if self._log is not None else ()))

    @property
    def standing(self) -> str:
        """How sending stands, in one line; empty if nothing is sent."""
        return "" if self.sensor is None else self.sensor.standing

    def monitor(self, source: str) -> None:
        """Tell the outputs what is monitored."""
        if self._log is not None:
            self._log.source = source

    def finish(self, last_view: Callable[[float | None], View | None]) -> None:
        """Write the page. `last_view` returns the last View in a window (None: everything kept)."""
        if self._page is not None:
            self._page.write(last_view)

    def start(self, verbose: bool) -> None:
        """Begin to serve metrics, to write the history and to send, after the rights were dropped.

        Raises:
            UnavailableError: the spool cannot be used.
        """
        if self.history is not None:
            self.history.start()
        if self._log is not None:
            self._log.start()
        if self.sensor is not None:
            _start(self.sensor)
        if self.otlp is not None:
            self.otlp.start()
        if self._exporter is None:
            return
        self._exporter.start()
        if verbose:
            print(f"{PROGRAM}: metrics at http://{self._exporter.address}/metrics", file=sys.stderr, flush=True)


@contextmanager
def open_outputs(
    arguments: Arguments,
    config: Config,
    statistics: Sequence[Statistic],
    open_file: OpenFile = os.open,
    metrics: Sequence[MetricStatistic] = (),
) -> Iterator[Outputs]:
    """Open the requested outputs, their files with `open_file`, and close them at the end. `metrics` are for OTLP.

    Raises:
        LogError: the log cannot be opened.
        SettingError: a setting of OTLP or of the log is wrong.
        UnavailableError: another output is not available.
    """
    with ExitStack() as stack:
        log = open_log(arguments, config, open_file)
        if log is not None:
            stack.callback(log.close)
        page = _page(arguments, config, open_file)
        if page is not None:
            stack.callback(page.close)
        exporter = _exporter(arguments, config)
        if exporter is not None:
            stack.callback(exporter.close)
        otlp = _otlp(arguments, config, metrics, open_file)
        if otlp is not None:
            stack.callback(otlp.close)
        history = _history(arguments, config, statistics)
        if history is not None:
            stack.callback(history.close)
        outputs = Outputs(log, page, exporter, history, otlp)
        outputs.daemons = daemons(arguments, config)
        if config.labels_file and arguments.ui == "full":
            outputs.labels = LabelFile(config.labels_file, open_file)
            stack.callback(outputs.labels.close)
        yield outputs


def shown_on(screen: Screen, arguments: Arguments) -> Outlet:
    """Return the outlet that shows Views on the screen."""
    if arguments.ui == "json":
        return JsonLines(screen, arguments.quiet)
    if arguments.ui == "full":
        return Farewell(screen)
    return Quiet(screen) if arguments.quiet else Console(screen)


def _history(arguments: Arguments, config: Config, statistics: Sequence[Statistic]) -> "History | None":
    """Return the requested history; the default is one for live captures without a filter, except the demo."""
    part = arguments.demo or arguments.read is not None or bool(arguments.only)
    if arguments.history == NO_HISTORY or (arguments.history is None and part):
        return None
    from history.outlet import History

    path = Path(arguments.history or default_path(arguments.interface, str(arguments.ports), config.user))
    if not arguments.history:
        make_ready(path, chosen_user(config.user, os.environ))
    return History(path, retention(config), units_of(config, statistics), patient=arguments.read is not None)


def _page(arguments: Arguments, config: Config, open_file: OpenFile) -> "HtmlReport | None":
    if arguments.report is None:
        return None
    try:
        from outputs.html_report import HtmlReport
    except ImportError as missing:
        raise needs("--report", missing.name, "requirements-report.txt") from missing
    shorter = [window for window in WINDOWS if config.dashboard_bucket_size < window < config.max_retention_length]
    return HtmlReport(ReportFile(arguments.report, open_file), shorter)


def _exporter(arguments: Arguments, config: Config) -> "PrometheusExporter | None":
    if arguments.prometheus is None:
        return None
    try:
        from outputs.prometheus import PrometheusExporter
    except ImportError as missing:
        raise needs("--prometheus", missing.name, "requirements-prometheus.txt") from missing
    return PrometheusExporter(arguments.prometheus, config.max_metric_hosts, VERSION, decoder_name())


def _start(sensor: "Sensor") -> None:
    from fleet.spool import SpoolError

    try:
        sensor.start()
    except SpoolError as reason:
        raise UnavailableError(f"--store: {reason}") from None


def _otlp(
    arguments: Arguments, config: Config, metrics: Sequence[MetricStatistic], open_file: OpenFile
) -> "OtlpExporter | None":
    if not exports(arguments, config):
        return None
    try:
        return otlp_exporter(arguments, config, metrics, open_file=lambda path, flags: open_file(path, flags, 0))
    except ImportError as missing:
        raise needs("--otlp", "opentelemetry-proto", "requirements-otlp.txt") from missing


def needs(option: str, package: str | None, packages: str) -> UnavailableError:
    """Return the error of an option whose package is missing."""
    installed = PROGRAM == COMMAND
    command = f"pipx inject {DISTRIBUTION} {package}" if installed else f"pip install -r {packages}"
    return UnavailableError(f"{option} needs the package {package}; run: {command}")
