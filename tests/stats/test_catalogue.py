"""Every statistic, from packets to the console and to JSON, compared with results computed by hand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("scapy.layers.inet")
import catalogue_traffic as traffic
from decoders import MAKERS
from scapy.utils import wrpcap

from stats.loading import available, load
from stats.statistic import only_when_seen

ROOT = Path(__file__).parents[2]
ALONE = {"request_rate", "status_classes"}
"""Statistics with a line instead of a panel."""


class Top(NamedTuple):
    """The first row of a panel: its key, its value on the console, its count and its total."""

    key: str
    shown: str
    times: int
    total: float


def hits(key: str, count: int) -> Top:
    return Top(key, str(count), count, count)


def volume(key: str, shown: str, count: int, total: int) -> Top:
    return Top(key, shown, count, total)


EXPECTED = {
    "top_sections": hits("shop.example.com/cart", 4),
    "top_domains": hits("shop.example.com", 4),
    "top_paths": hits("dl.dropbox.com/files/download", 3),
    "top_clients": hits(traffic.A, 4),
    "top_countries": hits("US", 4),
    "top_user_agents": hits(traffic.CHROME, 4),
    "top_browsers": hits("Chrome", 4),
    "top_crawlers": hits("Googlebot", 2),
    "visitors": hits("people", 4),
    "top_methods": hits("GET", 8),
    "top_status_codes": hits("200", 6),
    "top_http_versions": hits("HTTP/1.1", 9),
    "top_referrers": hits("search.example.org", 4),
    "top_content_types": hits("text/html", 4),
    "not_found_paths": hits("shop.example.com/cart/items/17", 1),
    "server_error_paths": hits("shop.example.com/cart/pay", 2),
    "largest_responses": volume("shop.example.com/cart/upload", "5.0 kB", 1, 5000),
    "downloaded_per_domain": volume("shop.example.com", "5.1 kB", 2, 5100),
    "downloaded_per_client": volume(traffic.A, "5.1 kB", 2, 5100),
    "downloaded_per_country": volume("US", "5.1 kB", 2, 5100),
    "downloaded_per_continent": volume("North America", "5.1 kB", 2, 5100),
    "downloaded_per_network": volume("AS15169 GOOGLE", "5.1 kB", 2, 5100),
    "uploaded_per_domain": volume("shop.example.com", "300 B", 1, 300),
    "uploaded_per_client": volume(traffic.A, "300 B", 1, 300),
    "uploaded_per_country": volume("US", "300 B", 1, 300),
    "uploaded_per_continent": volume("North America", "300 B", 1, 300),
    "uploaded_per_network": volume("AS15169 GOOGLE", "300 B", 1, 300),
    "server_response_time": Top("10.0.0.5:80", "500 ms", 4, 2.0),
    "response_time_by_domain": Top("shop.example.com", "500 ms", 4, 2.0),
    "response_time_by_section": Top("shop.example.com/cart", "500 ms", 4, 2.0),
    "response_time_by_path": Top("shop.example.com/cart/items/17", "750 ms", 1, 0.75),
    "connections_per_server": hits("162.125.1.1:443", 4),
    "connections_by_use": hits("no request read", 4),
    "connect_time_per_server": Top("10.0.0.5:80", "200 ms", 1, 0.2),
    "resets_per_server": hits("10.0.0.5:80", 1),
    "resent_per_server": volume("10.0.0.5:80", "300 B", 1, 300),
    "top_tls_servers": hits("dl.dropbox.com", 4),
    "saas_applications": hits("Dropbox", 5),
    "saas_users": hits("Dropbox 10.0.0.7", 3),
    "saas_actions": hits("10.0.0.7 Dropbox: download", 3),
    "saas_connections": hits("Dropbox 10.0.0.7", 4),
    "saas_lookups": hits("Dropbox 10.0.0.7", 3),
    "protocols_by_client": volume("10.0.0.10 UDP", "107 kB", 102, 106_684),
    "ports_by_client": volume("10.0.0.10 UDP 51820 wireguard", "104 kB", 100, 104_200),
    "packet_protocols": hits("UDP", 108),
}

OF_THE_CORE = {
    "dns_names": hits("www.dropbox.com", 3),
    "dns_domains": hits("dropbox.com", 3),
    "dns_types": hits("A", 6),
    "dns_response_codes": hits("NOERROR", 4),
    "dns_servers": hits("9.9.9.9", 5),
    "dns_response_time": Top("9.9.9.9", "250 ms", 2, 0.5),
    "dns_failures_by_client": hits("NXDOMAIN 10.0.0.7", 1),
    "dns_unanswered": hits("9.9.9.10", 1),
    "dnssec": hits("validated by the resolver (AD)", 1),
    "local_names": hits("mdns printer.local", 1),
    "quic_servers": hits("video.example.com", 2),
    "quic_downloaded_per_server": volume("video.example.com", "7.2 kB", 2, 7200),
    "quic_uploaded_per_server": volume("video.example.com", "2.4 kB", 2, 2400),
    "quic_versions": hits("1", 2),
}
"""Statistics of what only the core decodes."""
if "core" in MAKERS:
    EXPECTED |= OF_THE_CORE


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Return the last dashboard and the last line of JSON, with all statistics enabled."""
    for package in ("iptocc", "maxminddb", "ua_parser", "netaddr", "publicsuffixlist"):
        pytest.importorskip(package, reason="the optional packages of requirements-dev.txt are not there")
    folder = tmp_path_factory.mktemp("catalogue")
    capture, networks = folder / "all.pcap", folder / "networks.mmdb"
    wrpcap(str(capture), traffic.everything())
    make_networks(networks)
    arguments = ["-r", capture.name, "-p", "80,443", "--user", "root", "--set", f"network_database={networks}"]
    arguments += ["--set", f"statistics={','.join([*ALONE, *EXPECTED])}", "--set", "dns_timeout=1"]
    printed = run(folder, *arguments)
    view: dict[str, Any] = json.loads(run(folder, *arguments, "--ui", "json", "-q"))
    return printed[printed.rindex(" HTTP monitor") :], view


def make_networks(path: Path) -> None:
    """Make a MaxMind file with one network."""
    writer, netaddr = pytest.importorskip("mmdb_writer"), pytest.importorskip("netaddr")
    tree = writer.MMDBWriter(4, "Test", languages=["en"])
    google = {"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"}
    tree.insert_network(netaddr.IPSet(["8.8.8.0/24"]), google)
    tree.to_db_file(str(path))


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "exercise.py"), *arguments]
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=100)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def row_of(console: str, title: str, key: str) -> str:
    """Return the last column of the row, below the heading of the panel."""
    lines = console.split("\n")
    [heading] = [number for number, line in enumerate(lines) if line.startswith(f" {title}  ")]
    end = next(number for number in range(heading + 1, len(lines)) if not lines[number].startswith("   "))
    start = re.escape(key[:20])  # longer keys are cut in the middle
    found = [re.fullmatch(rf"   {start}.*  (\S.*)", line) for line in lines[heading + 1 : end]]
    return next((match[1].strip() for match in found if match), "no such row in\n" + "\n".join(lines[heading:end]))


def test_every_documented_statistic_is_expected_here() -> None:
    page = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| \**`(\w+)`", page, re.MULTILINE))
    others = {name for name in documented - EXPECTED.keys() if only_when_seen(*load([name]))}
    assert documented - others <= EXPECTED.keys() | ALONE, "but for those of protocols that only the core decodes"
    assert EXPECTED.keys() | ALONE <= {*available()}  # there may also be a user's own file


@pytest.mark.parametrize("name", EXPECTED)
def test_the_top_row_on_the_console_and_in_json(outputs: tuple[str, dict[str, Any]], name: str) -> None:
    console, view = outputs
    expected = EXPECTED[name]
    [panel] = [panel for panel in view["panels"] if panel["name"] == name]
    top = panel["rows"][0]
    assert (top["key"], top["window"]["count"]) == (expected.key, expected.times)
    assert top["window"]["total"] == pytest.approx(expected.total, abs=1e-5)
    assert row_of(console, panel["title"], expected.key) == expected.shown


def test_statistics_with_a_line_instead_of_a_panel(outputs: tuple[str, dict[str, Any]]) -> None:
    console, view = outputs
    assert re.search(r"^ Request rate .* peak 0\.90 /s in 24 h", console, re.MULTILINE)
    assert " Responses   2xx 66.7 %   4xx 11.1 %   5xx 22.2 %   p50 " in console
    assert view["requests"] == 9
    classes = {entry["name"]: sum(entry["counts"]) for entry in view["chart"]["status_classes"]}
    assert classes == {"2xx": 6, "4xx": 1, "5xx": 2}


def test_rows_below_the_top_are_counted(outputs: tuple[str, dict[str, Any]]) -> None:
    console, view = outputs
    assert row_of(console, "Protocols by source", "10.0.0.9 ICMP") == "20.8 kB"
    assert row_of(console, "Protocols by source", "9.9.9.9 UDP") == "7.9 kB"
    assert row_of(console, "Hits by kind of visitor", "programs") == "3"
    assert row_of(console, "Top hits by country", "(private)") == "3"
    assert view["health"]["unreadable_connections"] == [
        {"name": "TLS", "count": 4},
        {"name": "QUIC", "count": 2},
    ]
