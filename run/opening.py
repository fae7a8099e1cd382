"""Opens the parts of a run: source, decoder, outputs and screen. Start at `opened`."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from capture import packet_socket
from capture.core import CORE
from capture.elsewhere import Elsewhere
from capture.glimpse import glimpse
from capture.intake import Intake
from capture.kernel_filter import dns_expression, quic_expression
from capture.keys.keyring import Keyring
from capture.named_files import NamedFiles, named_files
from capture.open import open_file, open_live
from capture.owners.rights import sees_all
from capture.owners.source import OwnerSource
from capture.pcapng_writer import frame_writer
from capture.ports import Ports
from capture.privileges import ROOT, User, chosen_user, give_up
from capture.source import Source
from capture.steady_time import SteadyTime
from cli.arguments import Arguments
from cli.build import PROGRAM
from dashboard.attention import Attention
from dashboard.screen import Screen
from exercise_config import Config
from notices.notifier import Notifier
from notices.receivers import check_program, notifying
from run.blocking import Blocker, open_blocker
from run.decoding import (
    capture_threads,
    decoder_for,
    dissector,
    limits,
    load_dissection,
    protocols,
    undecoded,
    without_loss,
)
from run.door import Door, open_door, prepare_door
from run.evidence import Watched, incident_keeper
from run.full import load_full_screen
from run.inspecting import open_inspection, start_inspection
from run.intelligence import Reader, open_readers
from run.keys import open_keys
from run.lockdown import locked
from run.locked import Locked
from run.log import logged_kinds
from run.outputs import Outputs, open_outputs
from run.plan import Plan
from run.sensor import open_sensor
from run.watch import Stop
from stats.statistic import ScapyPacket, Statistic
from store.recent import Recent
from traffic.content import Content
from traffic.frame import LINKTYPE_ETHERNET
from traffic.limits import Limits
from traffic.records import OPTIONAL, DnsAnswer, DnsLookup, IpPacket, QuicConnection

if TYPE_CHECKING:
    from incidents.keeper import IncidentKeeper
    from inspection.inspection import Inspection
    from run.proxying import Inline

DNS_ANSWERS = "udp src port 53"
"""Filter for the additional packets that statistics of DNS need."""


class Opened(NamedTuple):
    """The open parts of a run."""

    name: str
    """The monitored source, for messages to the user."""
    intake: Intake
    outputs: Outputs
    notifier: Notifier
    screen: Screen
    attention: Attention
    keeper: "IncidentKeeper | None"
    locked: Locked
    readers: Sequence[Reader]
    """What reads the files of detectors."""
    inspection: "Inspection | None"
    inline: "Inline | None" = None
    """The proxy, if its own traffic is monitored."""
    blocker: Blocker | None = None
    """What blocks clients, if somebody asked for it."""
    door: Door | None = None
    """Where commands come in, if it is live."""

    @property
    def failing(self) -> tuple[str, ...]:
        """Sentences about outputs that cannot be written any more, receivers that were not notified, feeds that cannot
        be read, fronts that do not obey, and an agent that has ended.
        """
        kept = self.keeper.warnings if self.keeper is not None else ()
        read = chain.from_iterable(reader.warnings for reader in self.readers)
        blocking = self.blocker.warnings if self.blocker is not None else ()
        inline = self.inline.warnings if self.inline is not None else ()
        return (*self.outputs.warnings, *self.notifier.complaints, *kept, *read, *blocking, *inline)

    @property
    def recent(self) -> Recent | None:
        """The recent exchanges, if evidence is kept."""
        return self.keeper.recent if self.keeper is not None else None


@contextmanager
def opened(arguments: Arguments, config: Config, plan: Plan, stop: Stop) -> Iterator[Opened]:
    """Open the source and the outputs, drop the rights that this needed, lock down, and open the screen.

    Raises:
        DetectorError: an inspector cannot be loaded.
        CaptureError: the source cannot be opened.
        LogError: the log cannot be opened.
        BouncerError: a front that is to block clients is not there, or does not obey.
        UnavailableError: another output is not available, the store, or the folder for incidents.
        NoticeError: the command for alerts cannot be run after the rights were dropped.
    """
    user = chosen_user(config.user, os.environ)
    logged = logged_or_looked_at(arguments, config, plan)
    # The first packets of QUIC connections, which are always captured, are enough for detectors.
    captured = logged if QuicConnection in logged_kinds(arguments, config) else logged - {QuicConnection}
    with ExitStack() as stack:
        inspection = open_inspection(arguments, config, plan, user, stop, stack)
        owners = owner_source(arguments, config, user)
        if owners is not None:
            stack.callback(owners.close)
        blocker = open_blocker(arguments, config, user, stack)
        files = named_files(config.user)
        with stop.interrupting():  # opening a pipe may block
            source, inline = _source(arguments, config, plan, captured, Rights(files, user, stack))
        stack.callback(source.close)
        if user is not None:
            load_dissection(getattr(source, "link_type", LINKTYPE_ETHERNET))
        outputs = stack.enter_context(open_outputs(arguments, config, plan.statistics, files.open, plan.metrics))
        outputs.sensor = open_sensor(arguments, config, plan.statistics, f"{source.name} port {arguments.ports}", files)
        if outputs.sensor is not None:
            stack.callback(outputs.sensor.close)
        decoded = protocols(config, plan.counted, logged)
        readers = open_readers(config, plan.detectors, files, decoded, live=source.live)
        readers += inline.readers if inline is not None else ()
        keyring = open_keys(config, source, files, user)
        stack.callback(keyring.close)
        intake = _intake(Beginning(arguments, config, plan, source, logged, files), keyring, owners)
        if arguments.ui == "full":
            load_full_screen()
        name = f"{source.name} port {arguments.ports}" + (f" only {plan.only.text}" if plan.only else "")
        outputs.monitor(name)
        keeper = incident_keeper(arguments, config, Watched(plan.receivers.host, name, source.live), files)
        prepare_door(plan.state_folder, user, live=source.live)
        if config.user != ROOT:
            give_up_rights(user, arguments.verbose)
        keyring.protect()
        check_program(plan.receivers)
        if keeper is not None:
            keeper.check()
        told = arguments.verbose or blocker is not None
        door = open_door(plan.state_folder, stack, live=source.live, told=told)
        lock = locked(arguments, config, plan, outputs, stack)
        if arguments.verbose:
            print(f"{PROGRAM}: locked down: {lock.words}", file=sys.stderr)
        for reader in readers:
            stack.callback(reader.close)
            reader.start()
        _begin(inspection, inline, stack)
        if keeper is not None:
            intake.keep_in(keeper.packets)
            stack.callback(keeper.close)
        notifier = stack.enter_context(notifying(plan.receivers, name, config.notice_flush_time))
        screen = stack.enter_context(Screen(sys.stderr if arguments.uses_output else sys.stdout, arguments.colour))
        attention = attention_of(arguments, config, name, screen, stack)
        yield Opened(
            name, intake, outputs, notifier, screen, attention, keeper, lock, readers, inspection, inline, blocker, door
        )


def _begin(inspection: "Inspection | None", inline: "Inline | None", stack: ExitStack) -> None:
    """Let in what comes from outside, once this process is locked down."""
    start_inspection(inspection, stack)
    if inline is not None:
        inline.start()


class Rights(NamedTuple):
    """What opens files with the rights of the start, who the program will become, and what undoes it all."""

    files: NamedFiles
    user: User | None
    stack: ExitStack


def _source(
    arguments: Arguments, config: Config, plan: Plan, captured: frozenset[type], rights: Rights
) -> tuple[Source, "Inline | None"]:
    """Open the source: the proxy, if there is one."""
    if arguments.proxy is None:
        return open_source(arguments, config, plan.counted, captured), None
    from run.proxying import open_proxy

    inline = open_proxy(arguments, config, *rights)
    return inline.source, inline


def logged_or_looked_at(arguments: Arguments, config: Config, plan: Plan) -> frozenset[type]:
    """Return the kinds of records that the log or a detector needs; detectors get lookups only if DNS is on anyway."""
    logged = logged_kinds(arguments, config)
    looked_at = {kind for detector in plan.detectors for kind in detector.records}
    return logged | (looked_at - undecoded(config, plan.statistics, logged)) | ({Content} if plan.inspectors else set())


class Beginning(NamedTuple):
    """What an intake is made from."""

    arguments: Arguments
    config: Config
    plan: Plan
    source: Source
    logged: frozenset[type]
    """Kinds of records that the log has lines for, and that detectors look at, besides exchanges."""
    files: NamedFiles


def _intake(beginning: Beginning, keyring: Keyring, owners: OwnerSource | None) -> Intake:
    """Return the intake, with its decoder and the file of packets."""
    arguments, config, plan, source, logged, files = beginning
    writer = None
    if arguments.write is not None:
        writer = frame_writer(arguments.write, files.open, embeds_keys=arguments.embed_keys)
    bounds = limits(config, owners is not None) if source.live else without_loss(limits(config))
    wanted = OPTIONAL & ({statistic.record for statistic in plan.counted} | logged)
    others = protocols(config, plan.counted, logged)
    threads = capture_threads(config)
    decoder = decoder_for(arguments.ports, bounds, wanted, others, keyring.expects_keys, threads)
    steady_time = SteadyTime() if source.live else None
    elsewhere = _elsewhere(arguments, source, bounds)
    optional = dissector(plan.statistics, bounds)
    intake = Intake(source, decoder, writer, optional, arguments.count, steady_time, elsewhere)
    intake.reads_ahead = threads > 1
    intake.decrypt_with(keyring)
    if owners is not None:
        _name_owners(intake, owners)
    return intake


def attention_of(arguments: Arguments, config: Config, name: str, screen: Screen, stack: ExitStack) -> Attention:
    """Return what rings the bell and sets the title, started unless the full screen does that itself."""
    attention = Attention(name, config.alert_bell, config.alert_title)
    if screen.is_terminal and arguments.ui == "console":
        attention.start(screen.send)
        stack.callback(attention.stop, screen.send)
    return attention


def owner_source(arguments: Arguments, config: Config, user: User | None) -> OwnerSource | None:
    """Start to look up owners of connections; None if it is switched off, or not possible here.

    It comes first, so that the process that it starts has nothing else open.
    """
    live = arguments.read is None and arguments.proxy is None
    if not live or config.owners == "none" or CORE is None or not packet_socket.available():
        return None
    try:
        return OwnerSource(arguments.interface, arguments.ports, others=config.owners == "all", user=user)
    except OSError as reason:
        why = f"{reason.strerror or reason}; try --owners none"
        print(f"{PROGRAM}: owners of connections are unknown: {why}", file=sys.stderr)
        return None


def _name_owners(intake: Intake, owners: OwnerSource) -> None:
    """Name the owners of connections from now on. Without rights to look at others' processes, say so."""
    intake.look_up(owners)
    if not sees_all():
        print(f"{PROGRAM}: only your own processes are named; run as root, or see docs/owners.md", file=sys.stderr)


def _elsewhere(arguments: Arguments, source: Source, bounds: Limits) -> Elsewhere | None:
    """Return the search for HTTP on other ports; None if all ports are monitored."""
    if arguments.ports.is_any() or arguments.proxy is not None:
        return None
    seen = glimpse(arguments.interface, arguments.expression) if source.live else None
    return Elsewhere(arguments.ports, bounds, seen, live=source.live)


def open_source(
    arguments: Arguments, config: Config, statistics: Sequence[Statistic], logged: frozenset[type] = frozenset()
) -> Source:
    """Open the file or the interface, and print remarks about it to standard error."""
    if arguments.read is not None:
        return open_file(arguments.read, arguments.expression)
    records = {statistic.record for statistic in statistics} | logged
    source, sentences = open_live(
        arguments.interface,
        None if records & {ScapyPacket, IpPacket} else arguments.ports,
        arguments.expression,
        config.ring_size,
        config.snap_length,
        _additional(arguments.ports, config, statistics, logged),
    )
    for sentence in sentences:
        print(f"{PROGRAM}: {sentence}", file=sys.stderr)
    return source


def _additional(ports: Ports, config: Config, statistics: Sequence[Statistic], logged: frozenset[type]) -> str:
    """Return the filter for the packets that statistics and the log need besides those of the ports; empty for none.

    The first packets of QUIC connections are captured anyway. All others are needed only for its volume.
    """
    records = {statistic.record for statistic in statistics} | logged
    counted = any(statistic.record is QuicConnection and hasattr(statistic, "amount") for statistic in statistics)
    parts = []
    if DnsLookup in records:
        parts.append(dns_expression(ports))
    elif DnsAnswer in records:
        parts.append(DNS_ANSWERS)
    if (counted or QuicConnection in logged) and "quic" in config.protocols:
        parts.append(quic_expression(ports))
    return " or ".join(f"({part})" for part in parts)


def give_up_rights(user: User | None, verbose: bool) -> None:
    """Drop root and all capabilities before hostile bytes are parsed."""
    give_up(user)
    if verbose and user is not None:
        print(f"{PROGRAM}: now running as {user.name}", file=sys.stderr)
