"""Opens the inline proxy: sockets and certificates with the rights of the start, the rest after they are dropped."""

import errno
import os
import re
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from capture.core import CORE
from capture.errors import CaptureError
from capture.named_files import NamedFiles
from capture.privileges import User
from cli.arguments import Arguments
from cli.build import PROGRAM
from exercise_config import Config, SettingError
from proxy.bouncer import ProxyBouncer
from proxy.certificates import CertificateError, CertificateFiles, OpenFile, contents, paired, read
from proxy.ends import EndError, upstream
from proxy.refusals import findings
from proxy.source import ProxySource
from run.proxy_agent import TendedAgent
from run.proxy_keeper import Keeper
from run.proxy_renewal import CertificateRenewal, RuleRenewal, offer
from run.proxy_settings import settings_of_proxy
from run.rule_files import RuleFiles
from traffic.finding import Finding
from view.proxied import ProxyView, proxy_view

if TYPE_CHECKING:
    from verdicts.child import AgentProcess

HOW_TO_GET: Final = "the proxy is part of the Rust core only: make fast, or pip install ./core"
SYSTEM_AUTHORITIES: Final = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
)  # fmt: skip
"""Where systems keep the authorities of all programs."""
ANY: Final = "none"
"""In place of a file with authorities: any certificate will do."""
NICE: Final = 10
"""Niceness of decoding, counting and screens."""
_OS_ERROR: Final = re.compile(r" \(os error \d+\)$")
"""How the core ends what the system says; it gives no number besides."""
_IN_USE: Final = os.strerror(errno.EADDRINUSE)
_SPARE_FILES: Final = 256
"""Open files besides those of connections."""


class Inline:
    """The open proxy."""

    def __init__(self, source: ProxySource, readers: Sequence[RuleFiles], agent: "TendedAgent | None") -> None:
        self.source = source
        self.readers = readers
        """What reads certificates and rules again at SIGHUP."""
        self._agent = agent

    def close(self) -> None:
        """End the agent."""
        if self._agent is not None:
            self._agent.stop()

    def start(self) -> None:
        """Accept connections from now on, once the agent has loaded its rules.

        Raises:
            CaptureError: the agent has ended; it has said why.
        """
        if self._agent is not None:
            self._agent.start()
        self.source.start()
        _let_go_first()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what does not work any more."""
        return self._agent.warnings if self._agent is not None else ()

    @property
    def bouncer(self) -> ProxyBouncer:
        """What refuses clients that are blocked."""
        return ProxyBouncer(self.source.proxy)

    def view(self) -> ProxyView:
        """Return what it counts, for the screens."""
        return proxy_view(self.source.counts(), self.source.upstreams())

    def findings(self) -> Sequence[Finding]:
        """Return what was refused, or would have been, since the last call."""
        return list(findings(self.source.proxy.refusals()))


def open_proxy(arguments: Arguments, config: Config, files: NamedFiles, user: User | None, stack: ExitStack) -> Inline:
    """Open the sockets, read the certificates, and start the agent; no connection is accepted yet.

    Raises:
        SettingError: a setting or an option is wrong.
        CaptureError: a socket cannot be opened.
    """
    asked = arguments.proxy
    assert asked is not None
    if CORE is None or not hasattr(CORE, "Proxy"):
        raise CaptureError(HOW_TO_GET)
    open_file: OpenFile = files.open
    allow_many_files(config.proxy_connections)
    wanted = CertificateFiles(_pairs(arguments), _absolute(config.proxy_client_ca))
    first = _agent(arguments, config, user, stack)
    try:
        found = read(wanted, open_file)
        upstreams = [upstream(text) for text in asked.upstreams]
        has_tls = any(each.server_name is not None for each in upstreams)
        authorities = _authorities(config, open_file) if has_tls else None
        settings = settings_of_proxy(config, first.path if first is not None else None, open_file)
        listeners = [(each.address, each.inherited, each.tls, config.proxy_expect_header) for each in asked.listen]
        proxy = CORE.Proxy(settings, listeners, upstreams, authorities, offer(found, config))
    except (CertificateError, EndError, ValueError) as error:
        raise SettingError(str(error)) from None
    except OSError as reason:
        raise CaptureError(
            f"cannot listen at {_named(arguments)}: {_OS_ERROR.sub('', str(reason))}{_hint(reason)}"
        ) from None
    keeper = Keeper(wanted, first)
    stack.callback(keeper.close)
    agent = TendedAgent(first, keeper) if first is not None else None
    readers = [RuleFiles(CertificateRenewal(keeper, proxy, config).use, os.open, live=True)] if wanted.pairs else []
    if agent is not None:
        readers.append(RuleFiles(RuleRenewal(arguments, config, proxy, agent).use, os.open, live=True))
    inline = Inline(ProxySource(proxy, "proxy", config.proxy_drain), readers, agent)
    stack.callback(inline.close)  # before the keeper removes the agent's folder
    return inline


def allow_many_files(connections: int) -> None:
    """Raise the limit of open files so that there may be so many connections, each with one to an upstream."""
    with suppress(ImportError, ValueError, OSError):  # what is not allowed shows in the counters
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * connections + _SPARE_FILES
        if hard != resource.RLIM_INFINITY and wanted > hard:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
                return
            wanted = hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _agent(arguments: Arguments, config: Config, user: User | None, stack: ExitStack) -> "AgentProcess | None":
    """Start the agent that runs rules, if there are any; None without."""
    if arguments.crs is None:
        return None
    from verdicts.child import start_agent

    owner = None if user is None else (user.number, user.group)
    agent = start_agent(agent_arguments(arguments), owner)
    stack.callback(agent.stop)
    return agent


def _let_go_first() -> None:
    """Be nicer than the threads of the proxy from now on, with all threads that are made later: clients wait for those,
    and nobody for the counting.
    """
    with suppress(OSError, AttributeError):  # threads have a priority of their own on Linux only
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def agent_arguments(arguments: Arguments) -> list[str]:
    """Return the command line of an agent with the same settings."""
    given = [f"--crs={path}" for path in arguments.crs or () if path]
    if arguments.config is not None:
        given.append(f"--config={arguments.config}")
    if arguments.indicators:
        given.append(f"--set=indicators={','.join(arguments.indicators)}")
    return given + [f"--set={name}={value}" for name, value in arguments.settings.items()]


def _pairs(arguments: Arguments) -> tuple[tuple[str, str], ...]:
    assert arguments.proxy is not None
    try:
        return paired(arguments.proxy.certificates, arguments.proxy.keys)
    except CertificateError as error:
        raise SettingError(str(error)) from None


def _authorities(config: Config, open_file: OpenFile) -> bytes | None:
    """Return the authorities of upstreams in PEM; None to take any certificate."""
    if config.proxy_upstream_ca == ANY:
        print(f"{PROGRAM}: the certificates of upstreams are not verified", file=sys.stderr)
        return None
    if config.proxy_upstream_ca:
        return contents(config.proxy_upstream_ca, open_file)
    for path in SYSTEM_AUTHORITIES:
        if os.path.exists(path):
            return Path(path).read_bytes()
    raise SettingError("no authorities for the certificates of upstreams; name a file in proxy_upstream_ca, or none")


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _named(arguments: Arguments) -> str:
    assert arguments.proxy is not None
    return ", ".join(each.address for each in arguments.proxy.listen)


def _hint(reason: OSError) -> str:
    if isinstance(reason, PermissionError):
        return "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
    return "; another program listens there" if _IN_USE in str(reason) else ""
