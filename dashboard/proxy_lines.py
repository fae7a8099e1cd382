"""Says how the proxy is, in a few items and in a list. Pure."""

from collections.abc import Iterator

from view import figures
from view.page import Line, Piece, Style
from view.proxied import OPEN, ORDINARY, REFUSED, WOULD_REFUSE, ProxyView, UpstreamView
from view.view import View


def proxy_items(view: View) -> list[Line]:
    """Return what the head of a dashboard says, if there is a proxy."""
    proxy = view.proxy
    if proxy is None:
        return []
    items: list[Line] = [_item("open", proxy.count(OPEN), Style.NAME), _item("refused", proxy.count(REFUSED))]
    if would := proxy.count(WOULD_REFUSE):
        items.append(_item("would refuse", would))
    missed = sum(times for name, times in proxy.counts if name not in (*ORDINARY, REFUSED, WOULD_REFUSE))
    if missed:
        items.append(_item("proxy troubles", missed))
    all_up = proxy.up == len(proxy.upstreams)
    standing = f"{proxy.up} of {len(proxy.upstreams)} up"
    items.append((Piece("upstreams "), Piece(standing, Style.NAME if all_up else Style.ALARM)))
    return items


def proxy_facts(proxy: ProxyView) -> Iterator[tuple[str, str]]:
    """Yield all that it counts, and each upstream, as name and value."""
    counted = [(name, times) for name, times in proxy.counts if times or name in (REFUSED, "requests")]
    for place, (name, times) in enumerate(counted):
        yield "" if place else "Proxy", f"{name}  {figures.count(times)}"
    for place, each in enumerate(proxy.upstreams):
        yield "" if place else "Upstreams", _upstream(each)


def _upstream(each: UpstreamView) -> str:
    standing = "up" if each.up else "down"
    used = f"{figures.counted(each.requests, 'request')}, {figures.count(each.active)} under way"
    errors = f", {figures.counted(each.errors, 'error')}" if each.errors else ""
    return f"{each.name}  {standing}, {used}{errors}"


def proxy_summary(proxy: ProxyView) -> str:
    """Say in one line what it did."""
    wrong = [f"{figures.count(times)} {name}" for name, times in proxy.counts if times and name not in ORDINARY]
    passed = figures.counted(proxy.count("connections"), "connection")
    return ", ".join([passed, *(wrong or ["nothing refused"])])


def _item(name: str, times: int, style: Style = Style.WARNING) -> Line:
    return Piece(f"{name} "), Piece(figures.count(times), style if times else Style.NAME)
