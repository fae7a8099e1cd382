"""What the core's proxy is told, made from the settings of a run."""

import os
from typing import Final, NamedTuple

from capture.core import CORE
from exercise_config import Config, SettingError
from proxy.certificates import CertificateError, OpenFile, contents
from run.decoding import trusted_proxies
from verdicts.routes import Route, RouteError, Routes

PAGE: Final = "This request was refused. Its number is {id}.\n"
_MEBIBYTE: Final = 2**20


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
    routes: tuple[Route, ...]
    allowed_oddities: tuple[str, ...]
    page_status: int
    page_text: str
    page_type: str
    health_path: str | None
    check_path: str
    check_pause: float


def settings_of_proxy(config: Config, agent: str | None, open_file: OpenFile) -> Settings:
    """Return what the core's proxy reads. `agent` is the socket of the agent, if there is one.

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
        routes=routes(config) if agent is not None else (),
        allowed_oddities=config.proxy_allowed_oddities,
        page_status=config.proxy_page_status,
        page_text=_page(config, open_file),
        page_type="text/html; charset=utf-8" if config.proxy_page.endswith(".html") else "text/plain; charset=utf-8",
        health_path=config.proxy_health_path or None,
        check_path=config.proxy_check_path,
        check_pause=config.proxy_check_pause,
    )


def routes(config: Config) -> tuple[Route, ...]:
    """Return how requests are judged, the most specific route first.

    Raises:
        SettingError: one is wrong.
    """
    try:
        return tuple(Routes(config.waf_routes, config.waf_deadline / 1000))
    except RouteError as error:
        raise SettingError(f"waf_routes: {error}") from error


def _page(config: Config, open_file: OpenFile) -> str:
    if not config.proxy_page:
        return PAGE
    try:
        return contents(config.proxy_page, open_file).decode("utf-8")
    except (CertificateError, UnicodeDecodeError) as error:
        raise SettingError(f"proxy_page: {error}") from None
