"""The core finds the same route for a request as `verdicts.routes`, as its refusals without any agent show."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest
from inline_proxy import HAS_PROXY, inline
from origins import hello, origin
from raw_clients import status, talk

from verdicts.question import host_name
from verdicts.routes import ENFORCE, OFF, Routes

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
SITES = {
    "paths": ("/ shadow open 20ms", "/admin enforce closed 20ms", "/admin/public off", "/static off"),
    "hosts": (
        "shop.example.com/ enforce closed 20ms", "shop.example.com/a off", "*.example.com/ off",
        "*.deep.example.com/x enforce closed 20ms", "[2001:db8::1]/ enforce closed 20ms", "/b enforce closed 20ms",
    ),
}  # fmt: skip
DOTTED = "shop.example.com."
HOSTS = (
    "shop.example.com", "SHOP.Example.com:8080", "a.example.com", "a.b.example.com", "example.com",
    "a.deep.example.com", "[2001:db8::1]:80", "[2001:DB8::1]", "192.0.2.1", "other",
)  # fmt: skip
TARGETS = (
    "/", "/a", "/A/b?c=/admin", "/admin", "/admin/", "/ADMIN/x", "/administrator", "/%61dmin", "/%2561dmin", "//admin",
    "/x/../admin", "/x/..;/admin", "/x%2f..%2fadmin", "/admin/public/x", "/admin/public/../x", "/static/../admin",
    "/static/%2e%2e/admin", "/static/..%5cadmin", "/static\\..\\admin", "/./admin", "/admin;v=1/x", "/b", "/b;x",
    "/%62",    "/%c3%bc", "/x/%2e", "/static/%zz", "/static?x=..%2fadmin", "/a//b", "/deep/x", "/x", "/xy",
)  # fmt: skip


SEEN = {(): "passed", (("undecided", True),): "refused", (("undecided", False),): "told"}
"""Without an agent, every question is undecided."""


def expected(routes: Routes, host: str, target: str) -> str:
    route = routes.find(host_name(host.encode()), target.encode())
    if route.mode == OFF:
        return "passed"
    return "refused" if route.mode == ENFORCE and route.closed else "told"


def wrong(site: str, hosts: Sequence[str], folder: Path) -> list[tuple[str, str, str]]:
    """Return the requests for which the core did something else than the route says."""
    routes, found = Routes(SITES[site], 0.02), []
    with origin(hello) as server, inline(server.url, agent=str(folder / "nobody"), waf_routes=SITES[site]) as proxy:
        for host, target in product(hosts, TARGETS):
            request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            answer = status(talk(proxy.port, request.encode()))
            told = tuple((cause, refused) for *_, cause, _, refused in proxy.core.refusals())
            seen = SEEN[told]
            if seen != expected(routes, host, target) or (answer == 403) != (seen == "refused"):
                found.append((host, target, seen))
    return found


@pytest.mark.parametrize("site", SITES)
def test_both_find_the_same_route(site: str, tmp_path: Path) -> None:
    assert wrong(site, HOSTS, tmp_path) == []


def test_a_dot_at_the_end_of_a_host_changes_nothing(tmp_path: Path) -> None:
    assert wrong("hosts", [DOTTED], tmp_path) == []
