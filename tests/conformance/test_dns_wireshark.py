"""The DNS messages in Wireshark's own test captures are those that tshark finds there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conformance_corpus import FOLDER, Row
from conformance_dns import built, compare, decoded

from traffic.text import host_port

VARIABLE = "HTTP_MONITOR_WIRESHARK"
CAPTURES = Path(os.environ.get(VARIABLE) or FOLDER.parent / "wireshark")
EXPECTED: dict[str, dict[str, int]] = {
    # A query is repeated after 5 s, which tshark takes for another one, and gives it the answer.
    "dns+icmp.pcapng.gz": {"wrong": 2, "apart": 1},
    "dns-ooo.pcap": {},
    "dns_port.pcap": {},
}
"""Captures, with the intended differences."""
REORDERED = ("-o", "tcp.reassemble_out_of_order:TRUE")
FIELDS = (
    "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.srcport", "udp.dstport", "tcp.srcport",
    "tcp.dstport", "dns.flags.response", "dns.qry.name", "dns.qry.type", "dns.flags.rcode", "dns.count.answers",
    "dns.response_to", "dns.time", "frame.number",
)  # fmt: skip
pytestmark = [
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captures at {CAPTURES}; {VARIABLE} names their folder"),
    pytest.mark.skipif(shutil.which("tshark") is None, reason="not installed: tshark"),
    pytest.mark.skipif(not built, reason="the core is not built"),
]


def messages(path: Path) -> list[Row]:
    """Return the messages of a capture, those over TCP too, as tshark decodes them."""
    words = [word for name in FIELDS for word in ("-e", name)]
    told = [
        "tshark",
        "-n",
        *REORDERED,
        "-r",
        str(path),
        "-Y",
        "dns && !mdns && !llmnr && !icmp",
        "-T",
        "fields",
        *words,
    ]
    lines = subprocess.run(told, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    return [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in lines]


def rows(path: Path) -> list[Row]:
    """Return them in the form of the corpus: a row for each query, with its answer, and for each other answer."""
    found: dict[str, Row] = {}
    for one in messages(path):
        row = _row(one)
        query = found.get(one["dns.response_to"])
        if one["dns.flags.response"] == "1" and query is not None:
            answer = {name: row[name] for name in ("rcode", "answers")}
            query.update(answer, rtt_us=round(float(one["dns.time"]) * 1e6))
        else:
            found[one["frame.number"]] = row
    return list(found.values())


def _row(one: Row) -> Row:
    transport = "tcp" if one["tcp.srcport"] else "udp"
    addresses = (one["ip.src"] or one["ipv6.src"], one["ip.dst"] or one["ipv6.dst"])
    ports = (one[f"{transport}.srcport"], one[f"{transport}.dstport"])
    ends = [host_port(address, int(port)) for address, port in zip(addresses, ports, strict=True)]
    row = {
        "ts": float(one["frame.time_epoch"]),
        "transport": transport,
        "query": one["dns.qry.name"] or None,
        "qtype": int(one["dns.qry.type"] or 0),
    }
    if one["dns.flags.response"] != "1":
        return row | {"client": ends[0], "server": ends[1]}
    counts = {"rcode": int(one["dns.flags.rcode"]), "answers": int(one["dns.count.answers"])}
    return row | {"client": ends[1], "server": ends[0], "orphan_response": True} | counts


@pytest.mark.parametrize("name", EXPECTED)
def test_the_lookups_are_those_of_tshark(name: str) -> None:
    expected = rows(CAPTURES / name)
    result = compare(expected, decoded(str(CAPTURES / name)))
    assert len(expected) > 0
    assert result.counts == EXPECTED[name], result
