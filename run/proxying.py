"""Opens the inline proxy: sockets and certificates with the rights of the start, the rest after they are dropped."""

import errno
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from capture.core import CORE
from capture.errors import CaptureError
from capture.named_files import NamedFiles
from capture.privileges import User
from cli.arguments import Arguments
from cli.build import PROGRAM
from exercise_config import Config, SettingError
from proxy.bouncer import ProxyBouncer
from proxy.certificates import CertificateError, CertificateFiles, Certificates, paired, read
from proxy.ends import EndError, upstream
from proxy.refusals import findings
from proxy.source import ProxySource
from run.decoding import trusted_proxies
from run.proxy_keeper import Keeper
from run.rule_files import OpenFile, RuleFiles
from run.waf_rules import loaded_prefilter, wanted_limits
from traffic.finding import Finding
from verdicts.routes import ENFORCE, RouteError, Routes
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
PAGE: Final = "This request was refused. Its number is {id}.\n"
NICE: Final = 10
"""Niceness of decoding, counting and screens."""
LONGEST_START: Final = 20.0
"""Seconds that an agent has to load its rules before clients are let in."""
_PAUSE: Final = 0.05
_MEBIBYTE: Final = 2**20
_OS_ERROR: Final = re.compile(r" \(os error \d+\)$")
"""How the core ends what the system says; it gives no number besides."""
_IN_USE: Final = os.strerror(errno.EADDRINUSE)
_SPARE_FILES: Final = 256
"""Open files besides those of connections."""


class Settings(NamedTuple):
    """What the core's proxy reads; times in seconds."""

    threads: int
    ring: int
    connections: int
    head_timeout: float
    idle_timeout: float
    stall_timeout: float
    connect_timeout: float
    response_timeout: float
    client_rate: float
    client_burst: float
    client_connections: int
    trusted_proxies: tuple[str, ...]
    client_fields: tuple[bytes, ...]
    x_forwarded: bool
    forwarded: bool
    proxy_header: bool
    upgrades: tuple[str, ...]
    passes_connect: bool
    agent: str | None
    asks_about_new: bool
    inspected_body: int
    routes: tuple[tuple[str, str, str, bool, float], ...]
    allowed_oddities: tuple[str, ...]
    page_status: int
    page_text: str
    page_type: str
    health_path: str | None
    check_path: str
    check_pause: float


class Inline:
    """The open proxy."""

    def __init__(self, source: ProxySource, readers: Sequence[RuleFiles], agent: "AgentProcess | None") -> None:
        self.source = source
        self.readers = readers
        """What reads certificates and rules again at SIGHUP."""
        self._agent = agent
        self._has_agent = True
        self._closed = False

    def close(self) -> None:
        """End the agent."""
        _ = self.warnings  # as they are before that
        self._closed = True
        if self._agent is not None:
            self._agent.stop()

    def start(self) -> None:
        """Accept connections from now on, once the agent has loaded its rules.

        Raises:
            CaptureError: the agent has ended; it has said why.
        """
        if self._agent is not None:
            _await(self._agent)
        self.source.start()
        _let_go_first()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what does not work any more."""
        if self._agent is not None and not self._closed:
            self._has_agent = self._agent.status is None
        if self._has_agent:
            return ()
        return ("the agent that runs the rules of --crs has ended: requests have no verdict; start the proxy again",)

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
    allow_many_files(config.proxy_connections)
    wanted = CertificateFiles(_pairs(arguments), _absolute(config.proxy_client_ca))
    agent = _agent(arguments, config, user, stack)
    try:
        found = read(wanted, _opener(files))
        upstreams = [upstream(text) for text in asked.upstreams]
        has_tls = any(each.server_name is not None for each in upstreams)
        authorities = _authorities(config, files) if has_tls else None
        settings = settings_of_proxy(config, arguments, agent.path if agent is not None else None, files)
        listeners = [(each.address, each.inherited, each.tls, config.proxy_expect_header) for each in asked.listen]
        proxy = CORE.Proxy(settings, listeners, upstreams, authorities, _offer(found, config))
    except (CertificateError, EndError, ValueError) as error:
        raise SettingError(str(error)) from None
    except OSError as reason:
        raise CaptureError(
            f"cannot listen at {_named(arguments)}: {_OS_ERROR.sub('', str(reason))}{_hint(reason)}"
        ) from None
    keeper = Keeper(wanted, os.path.dirname(agent.path) if agent is not None else None)
    stack.callback(keeper.close)
    readers = [RuleFiles(_Renewal(keeper, proxy, config).use, os.open, live=True)] if wanted.pairs else []
    if agent is not None:
        readers.append(RuleFiles(_Rules(arguments, config, proxy, agent).use, os.open, live=True))
    inline = Inline(ProxySource(proxy, "proxy", config.proxy_drain), readers, agent)
    stack.callback(inline.close)  # before the keeper removes the agent's folder
    return inline


def settings_of_proxy(config: Config, arguments: Arguments, agent: str | None, files: NamedFiles) -> Settings:
    """Return what the core's proxy reads.

    Raises:
        SettingError: a setting is wrong, or the page cannot be read.
    """
    unknown = set(config.proxy_allowed_oddities) - set(CORE.Proxy.ambiguous())
    if unknown:
        raise SettingError(f"proxy_allowed_oddities: {sorted(unknown)[0]!r} is not refused; see docs/protecting.md")
    return Settings(
        threads=config.proxy_threads or len(os.sched_getaffinity(0)),
        ring=config.ring_size * _MEBIBYTE,
        connections=config.proxy_connections,
        head_timeout=config.proxy_head_timeout,
        idle_timeout=config.proxy_idle_timeout,
        stall_timeout=config.proxy_stall_timeout,
        connect_timeout=config.proxy_connect_timeout,
        response_timeout=config.proxy_response_timeout,
        client_rate=config.proxy_client_rate,
        client_burst=config.proxy_client_burst,
        client_connections=config.proxy_client_connections,
        trusted_proxies=trusted_proxies(config),
        client_fields=tuple(name.encode("ascii") for name in config.client_headers),
        x_forwarded=config.proxy_forwarded in ("x-forwarded", "both"),
        forwarded=config.proxy_forwarded in ("forwarded", "both"),
        proxy_header=config.proxy_send_header,
        upgrades=tuple(name.lower() for name in config.proxy_upgrades),
        passes_connect=config.proxy_connect,
        agent=agent,
        asks_about_new=bool(config.indicators),
        inspected_body=config.max_inspected_body,
        routes=_routes(config) if agent is not None else (),
        allowed_oddities=config.proxy_allowed_oddities,
        page_status=config.proxy_page_status,
        page_text=_page(config, files),
        page_type="text/html; charset=utf-8" if config.proxy_page.endswith(".html") else "text/plain; charset=utf-8",
        health_path=config.proxy_health_path or None,
        check_path=config.proxy_check_path,
        check_pause=config.proxy_check_pause,
    )


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


def _routes(config: Config) -> tuple[tuple[str, str, str, bool, float], ...]:
    try:
        return tuple(Routes(config.waf_routes, config.waf_deadline / 1000))
    except RouteError as error:
        raise SettingError(f"waf_routes: {error}") from error


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


def _await(agent: "AgentProcess") -> None:
    """Wait until an agent answers, or for as long as rules may take to load."""
    end = time.monotonic() + LONGEST_START
    while time.monotonic() < end:
        if agent.status is not None:
            raise CaptureError("the agent that runs the rules of --crs has ended")
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(agent.path)
            return
        time.sleep(_PAUSE)
    print(f"{PROGRAM}: the agent that runs the rules of --crs is not ready; requests have no verdict", file=sys.stderr)


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


class _Renewal:
    """Offers what the keeper reads, from the second time on: the first time, the proxy has just been made."""

    def __init__(self, keeper: Keeper, proxy: Any, config: Config) -> None:
        self._keeper = keeper
        self._proxy = proxy
        self._config = config
        self._made = False

    def use(self, open_file: OpenFile) -> str:
        """See `run.rule_files.Use`."""
        if not self._made:
            self._made = True
            return "certificates will be read again at SIGHUP"
        try:
            found = self._keeper.certificates()
            self._proxy.offer(_offer(found, self._config))
        except (ValueError, OSError) as error:
            raise SettingError(f"certificates: {error}") from None
        return f"{len(found.pairs)} {'certificate' if len(found.pairs) == 1 else 'certificates'} will be offered"


class _Rules:
    """Has the agent load its rules again, and the proxy ask it only about requests that they may match."""

    def __init__(self, arguments: Arguments, config: Config, proxy: Any, agent: "AgentProcess") -> None:
        self._rules = tuple(filter(None, arguments.crs or ()))
        self._config = config
        self._proxy = proxy
        self._agent = agent
        self._made = False

    def use(self, open_file: OpenFile) -> str:
        """See `run.rule_files.Use`."""
        if self._made:
            self._agent.reload()
        self._made = True
        prefilter = loaded_prefilter(self._rules, wanted_limits(self._config))
        self._proxy.ask_after(prefilter.core if prefilter is not None else None)
        asked = "requests that they cannot match are passed on at once"
        if prefilter is None or prefilter.unbounded:
            asked = "all requests go to them, some 100 to 400 per second: see docs/waf.md, Live"
        refuses = any(mode == ENFORCE for _, _, mode, *_ in _routes(self._config))
        return f"rules of --crs: {asked}" + ("" if refuses else "; nothing is refused, because no route says enforce")


def _offer(found: Certificates, config: Config) -> tuple[Any, ...] | None:
    if not found.pairs:
        return None
    needs = bool(found.client_authorities) and not config.proxy_client_optional
    return list(found.pairs), found.client_authorities, needs, config.proxy_tls12, config.proxy_http2


def _authorities(config: Config, files: NamedFiles) -> bytes | None:
    """Return the authorities of upstreams in PEM; None to take any certificate."""
    if config.proxy_upstream_ca == ANY:
        print(f"{PROGRAM}: the certificates of upstreams are not verified", file=sys.stderr)
        return None
    if config.proxy_upstream_ca:
        return read(CertificateFiles((), config.proxy_upstream_ca), _opener(files)).client_authorities
    for path in SYSTEM_AUTHORITIES:
        if os.path.exists(path):
            return Path(path).read_bytes()
    raise SettingError("no authorities for the certificates of upstreams; name a file in proxy_upstream_ca, or none")


def _page(config: Config, files: NamedFiles) -> str:
    if not config.proxy_page:
        return PAGE
    try:
        return read(CertificateFiles((), config.proxy_page), _opener(files)).client_authorities.decode("utf-8")
    except (CertificateError, UnicodeDecodeError) as error:
        raise SettingError(f"proxy_page: {error}") from None


def _opener(files: NamedFiles) -> Callable[[str, int], int]:
    return lambda path, flags: files.open(path, flags)


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _named(arguments: Arguments) -> str:
    assert arguments.proxy is not None
    return ", ".join(each.address for each in arguments.proxy.listen)


def _hint(reason: OSError) -> str:
    if isinstance(reason, PermissionError):
        return "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
    return "; another program listens there" if _IN_USE in str(reason) else ""
