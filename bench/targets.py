"""Targets and measured values: one row for each target, from the facts of all parts.

Targets that could not be measured are listed. Ratios compare runs of the same round.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from bench import counting, decryption, dns, handshakes, header_blocks, https, live, proxies, proxy, sending, start
from bench.measure import Figure, ratio, table
from bench.readers import ALONE, HTTPRY, OURS, PLUGIN, REFERENCE, SCAPY, SURICATA, TSHARK
from bench.watching import OURS as OURS_LIVE

Facts = Mapping[str, Any]
"""The `facts` of each part."""
AT_LEAST, AT_MOST = "≥", "≤"


class Target(NamedTuple):
    """A bound, and where the value comes from."""

    what: str
    sign: str
    bound: float | Callable[[Facts], Figure]
    """A number, or a function that returns the value of another tool in the same run."""
    value: Callable[[Facts], Figure]
    """Returns the value; raises KeyError if it was not measured."""
    form: str = ",.2f"
    unit: str = ""


def _ratio_of(name: str, other: str) -> Callable[[Facts], Figure]:
    """Return a function for the ratio of two tools' rates of reading a file."""
    return lambda facts: ratio(_peer(facts, name)["rates"], _peer(facts, other)["rates"])


def _rate(facts: Facts) -> Figure:
    return Figure.of(_peer(facts, OURS)["rates"])


def _per_transaction(facts: Facts) -> Figure:
    peer = _peer(facts, OURS)
    transactions = peer["found"]["all_transactions"]
    return Figure.of(1e6 * peer["packets"] / rate / transactions for rate in peer["rates"])


def _lost(facts: Facts) -> Figure:
    """Return the number of complete transactions in the capture that were not found, or found wrongly."""
    found = _peer(facts, OURS)["found"]
    return Figure.of([found["whole"] - found["whole_transactions"] + found["wrong"]])


def _peer(facts: Facts, name: str) -> Any:
    return {peer["peer"]: peer for peer in facts["offline"] if not peer["missing"]}[name]


def _rounds(name: str, load: str, values: str) -> Callable[[Facts], Figure]:
    """Return a function for a value of each round of watching a server."""
    return lambda facts: Figure.of(_watched(facts, name, load)[values])


def _sum(load: str, values: str) -> Callable[[Facts], Figure]:
    """Return a function for a sum over all rounds."""
    return lambda facts: Figure.of([sum(_watched(facts, OURS_LIVE, load)[values])])


def _own_cpu(facts: Facts) -> Figure:
    ours, theirs = (_watched(facts, name, live.FULL)["per_packet"] for name in (OURS_LIVE, HTTPRY))
    return ratio(ours, theirs)


def _watched(facts: Facts, name: str, load: str) -> Any:
    known = {(each["monitor"], each["load"]): each for each in facts["live"] if not each["missing"]}
    return known[name, load]


def _figure(part: str, name: str) -> Callable[[Facts], Figure]:
    """Return a function for a figure that a part gives by name."""
    return lambda facts: Figure(**facts[part][name])


def _dns(name: str) -> Callable[[Facts], Figure]:
    """Return a function for the DNS messages per second of a tool."""
    return lambda facts: Figure.of(facts["dns"][name])


def _https(name: str) -> Callable[[Facts], Figure]:
    """Return a function for a figure of a server with TLS whose connections are kept."""
    return lambda facts: Figure.of(facts["https"][https.KEPT][name])


def _of_nginx(name: str, end: str) -> Callable[[Facts], Figure]:
    """Return a function for the requests/s of a proxy, as a share of nginx's."""
    return lambda facts: Figure(**facts["proxy"]["of_nginx"][f"{name}, {end}"])


def _added(facts: Facts) -> Figure:
    """Return the milliseconds that the proxy adds to the 99th percentile of the response times."""
    return Figure(**facts["proxy"]["added_ms"][proxies.OURS])


def _two_threads(facts: Facts) -> Figure:
    """Return how much sooner two threads have read a file than one."""
    return ratio(facts["threads"]["1"]["seconds"], facts["threads"]["2"]["seconds"])


_WHOLE, _LIVE = "file to statistics and signals", "live at saturation"
_SENSOR: Final = "sending 200 rows each 10 s to a fleet"
_PROXY: Final = "inline proxy"
_BLOCKS: Final = "HTTP/2 header blocks"
_CROWDED: Final = f"{_LIVE}, one core busy"
TARGETS: Final = (
    Target(_WHOLE, AT_LEAST, 1.5, _ratio_of(OURS, HTTPRY), unit=" x httpry"),
    Target(_WHOLE, AT_LEAST, 300, _ratio_of(OURS, SCAPY), ",.0f", " x Scapy's sniff"),
    Target(_WHOLE, AT_LEAST, 40, _ratio_of(OURS, TSHARK), ",.1f", " x tshark"),
    Target(_WHOLE, AT_LEAST, 12, _ratio_of(OURS, SURICATA), ",.1f", " x Suricata"),
    Target(f"{_WHOLE} (aim beyond)", AT_LEAST, 2e6, _rate, ",.0f", " packets/s"),
    Target(f"{_WHOLE} (aim beyond)", AT_MOST, 3.9, _per_transaction, unit=" us a transaction"),
    Target(f"{_WHOLE}, two threads", AT_LEAST, 1.7, _two_threads, unit=" x one thread"),
    Target("decoder alone with columns", AT_LEAST, 2.2, _ratio_of(ALONE, HTTPRY), unit=" x httpry"),
    Target("with a plug-in, `key(record)`", AT_LEAST, 0.8, _ratio_of(PLUGIN, HTTPRY), unit=" x httpry"),
    Target("Python reference", AT_LEAST, 8, _ratio_of(REFERENCE, SCAPY), ",.1f", " x Scapy's sniff"),
    Target("HTTP/2 exchanges, decoder with columns", AT_LEAST, 300_000, _figure("http2", ALONE), ",.0f", " /s"),
    Target("DNS messages, with columns", AT_LEAST, 2e6, _dns(dns.ALONE), ",.0f", " /s"),
    Target(f"{_BLOCKS}, repeated", AT_LEAST, 1e6, _figure("header_blocks", header_blocks.REPEATED), ",.0f", " /s"),
    Target(f"{_BLOCKS}, distinct", AT_LEAST, 1e6, _figure("header_blocks", header_blocks.DISTINCT), ",.0f", " /s"),
    Target("TLS handshakes, with columns", AT_LEAST, 1e5, _figure("handshakes", handshakes.OURS), ",.0f", " /s"),
    Target("HTTP over TLS, decrypted", AT_LEAST, 1e9, _figure("decryption", decryption.BODIES), ",.0f", " bytes/s"),
    Target("whole transactions not found, or wrongly", AT_MOST, 0, _lost, ",.0f"),
    Target(f"{_LIVE}, own CPU a packet", AT_MOST, 0.6, _own_cpu, unit=" x httpry"),
    Target(f"{_LIVE}, packets dropped", AT_MOST, 0, _sum(live.FULL, "dropped"), ",.0f"),
    Target(f"{_LIVE}, requests missed", AT_MOST, 0, _sum(live.FULL, "missed"), ",.0f"),
    Target(f"{_CROWDED}, packets dropped", AT_MOST, 0, _sum(live.CROWDED, "dropped"), ",.0f"),
    Target(f"{_CROWDED}, requests missed", AT_MOST, 0, _sum(live.CROWDED, "missed"), ",.0f"),
    Target(
        f"{_LIVE}, tax: extra CPU a request (the bound is httpry's)",
        AT_MOST,
        _rounds(HTTPRY, live.FULL, "tax_percent"),
        _rounds(OURS_LIVE, live.FULL, "tax_percent"),
        ",.0f",
        " %",
    ),
    Target(
        "HTTPS, tax of the key log: the server's CPU a request", AT_MOST, 1, _https("key_log_tax_percent"), ",.1f", " %"
    ),
    Target("HTTPS at saturation, tax: extra CPU a request", AT_MOST, 5, _https("own_tax_percent"), ",.1f", " %"),
    Target("HTTPS at saturation, requests missed", AT_MOST, 0, _https("missed"), ",.0f"),
    Target(f"{_PROXY}, plain", AT_LEAST, 0.5, _of_nginx(proxies.OURS, proxy.PLAIN), unit=" x nginx"),
    Target(f"{_PROXY}, TLS 1.3", AT_LEAST, 0.5, _of_nginx(proxies.OURS, proxy.TLS), unit=" x nginx"),
    Target(f"{_PROXY} with rules, plain", AT_LEAST, 0.4, _of_nginx(proxies.RULED, proxy.PLAIN), unit=" x nginx"),
    Target(f"{_PROXY} with rules, TLS 1.3", AT_LEAST, 0.4, _of_nginx(proxies.RULED, proxy.TLS), unit=" x nginx"),
    Target(f"{_PROXY} at half load, 99 % of responses take longer by", AT_MOST, 1, _added, unit=" ms"),
    Target("resident memory of a quiet default run", AT_MOST, 75, _figure("start", start.MEMORY), ",.1f", " MiB"),
    Target(
        "a sensor with 4,000 rows each 10 s", AT_MOST, 1, _figure("sending", f"4000 {sending.CPU}"), unit=" % of a core"
    ),
    Target(
        "a sensor with 4,000 rows, memory", AT_MOST, 30, _figure("sending", f"4000 {sending.MEMORY}"), ",.1f", " MiB"
    ),
    Target("counting and judging", AT_MOST, 2, _figure("counting", counting.FILE), unit=" us a transaction"),
    Target("`--help`", AT_MOST, 0.15, _figure("start", start.HELP), unit=" s"),
    Target("`-i lo` to the open socket", AT_MOST, 0.3, _figure("start", start.SOCKET), unit=" s"),
    Target("`-i lo` to the first full screen", AT_MOST, 1, _figure("start", start.SCREEN), unit=" s"),
)


def report(facts: Facts) -> str:
    """Return the Markdown table, and the targets that were not measured."""
    rows = {target: _row(target, facts) for target in TARGETS}
    missing = dict.fromkeys(target.what for target, row in rows.items() if row is None)
    known = [row for row in rows.values() if row is not None]
    texts = [table(("target", "aim", "measured", "reached"), known)] if known else []
    return "\n\n".join(texts + ([f"Not measured: {'; '.join(missing)}."] if missing else []))


def _row(target: Target, facts: Facts) -> list[str] | None:
    try:
        measured = target.value(facts)
        bound = target.bound(facts).median if callable(target.bound) else target.bound
    except KeyError:
        return None
    reached = measured.median >= bound if target.sign == AT_LEAST else measured.median <= bound
    aim, text = f"{bound:{target.form}}", measured.text(target.form)
    return [target.what, f"{target.sign} {aim}{target.unit}", f"{text}{target.unit}", "yes" if reached else "**no**"]
