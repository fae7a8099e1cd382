"""Fuzzes files with indicators: they are read or refused in one line, and what was read can be found."""

from detection.intelligence.indicator import FeedError, Kind
from detection.intelligence.packing import Packer, Terms
from detection.intelligence.reading import read
from detection.intelligence.table import Feed, Table


def feed(data: bytes) -> None:
    """Fuzz a feed."""
    packer = Packer(Terms())
    try:
        packer.take(read(data).entries)
        packed = packer.packed()
    except FeedError as error:
        if not str(error).isprintable():
            raise
        return
    listed = Table([Feed("fuzzed", packed)])
    for row, number in enumerate(packed.kinds.tolist()):
        value, kind = packed.value(row), Kind(number)
        if kind is Kind.NETWORK:
            assert listed.addresses([value.partition("/")[0]])
        elif kind is Kind.DOMAIN:
            assert listed.domains([f"www.{value}"])
        else:
            assert listed.exact(kind, [value])


def feed_seeds() -> list[bytes]:
    """Return a small feed of each format."""
    return [
        b'# id,dateadded,url,threat\n"1","2026-03-01 10:00:05","http://198.51.100.7:8080/bin.sh","malware"\n',
        b'# "first_seen_utc","ioc_value","ioc_type"\n"2026-03-01", "203.0.113.5:443", "ip:port"\n# END 1\n',
        b'[{"ip_address": "203.0.113.77", "malware": "Emotet", "first_seen": "2026-02-04"}]',
        b'{"Event": {"info": "x", "Attribute": [{"type": "domain", "value": "bad.example.org", "to_ids": true}]}}',
        b'{"type": "bundle", "objects": [{"type": "indicator", "pattern": "[url:value = \'http://a.example.com/\']"}]}',
        b"#fields\tindicator\tindicator_type\n198.51.100.0/24\tIntel::SUBNET\nbad.example.org\tIntel::DOMAIN\n",
        b"0.0.0.0 ads.example.com\nhxxp://evil[.]example(dot)com/\n2001:db8::/32\n[2001:db8::1]:80\n",
    ]
