"""No detector raises, whatever the records and their times are, and none needs a file once it was made."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from records import exchange, finding, handshake, lookup, request, strain

from detection.loading import available, load
from detection.pipeline import Detection
from exercise_config import Config
from traffic.batch import RecordBatch
from traffic.finding import SEVERITIES

TIMES = st.floats(0, 1e10)
TEXTS = st.sampled_from(["", ".", "a", "a.b", "xn--a.xn--p1ai", r"a\.b.example.com", "x" * 60 + ".example.com", "é.de"])
ADDRESSES = st.sampled_from(["10.0.0.1", "203.0.113.9", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1", ""])
LOOKUPS = st.builds(
    lookup,
    time=TIMES,
    client=ADDRESSES,
    name=TEXTS,
    rcode=st.sampled_from(["", "NOERROR", "NXDOMAIN"]),
    addresses=st.lists(ADDRESSES.filter(bool), max_size=3).map(tuple),
)
REQUESTS = st.builds(request, time=TIMES, client=ADDRESSES, server=ADDRESSES, target=TEXTS, host=TEXTS)
EXCHANGES = st.builds(
    exchange, REQUESTS | st.none(), time=TIMES, client=ADDRESSES, status=st.sampled_from([None, 200, 401, 404, 503])
)
HANDSHAKES = st.builds(handshake, time=TIMES, client=ADDRESSES, server=ADDRESSES, server_name=TEXTS, ja4=TEXTS)
FINDINGS = st.builds(finding, time=TIMES, client=ADDRESSES, host=TEXTS, severity=st.sampled_from(SEVERITIES))


KINDS = st.sampled_from(["slow head", "slow read", "half open", "abandoned", "rapid reset", "PING flood", "unknown"])
STRAIN = st.builds(
    strain, time=TIMES, since=TIMES, client=ADDRESSES, server=ADDRESSES, kind=KINDS, amount=st.integers(1, 2**40)
)
LOW = dict.fromkeys(("request_flood_floor", "random_paths_floor", "slow_heads_floor", "half_open_floor"), 2)


@given(st.lists(st.lists(LOOKUPS | EXCHANGES | HANDSHAKES | FINDINGS | STRAIN, max_size=20), max_size=5))
def test_any_records_are_no_trouble(batches: list[list[object]]) -> None:
    detection = Detection(load(available(), {**vars(Config()), **LOW, "syn_scan_floor": 1}))
    for records in batches:
        detection.look(RecordBatch(records))
    assert detection.failures == []


IMPORTED_LATE = """
import sys
from detecting import asked, visits
from records import exchange, request
from test_beacon import calls, every
from test_slow_detectors import SLOW, cancelled, floods, half_open, mixed, people, slow, tried
from detection.loading import available, load
from detection.pipeline import Detection
from detection.unseen.features import FEATURES
from exercise_config import Config
from traffic.batch import RecordBatch

attacks = [
    visits([f"/{number}?{number}" for number in range(999)], status=404, step=0.01),
    visits([f"/?{number}" for number in range(400)]),
    visits(["/login"] * 99, status=401, method="POST"),
    calls(every(2.0)),
    asked([f"{number:060}.example.com" for number in range(99)], rcode="NXDOMAIN"),
    asked([f"{number}.example{number}.com" for number in range(99)], rcode="NXDOMAIN"),
    asked(["a.example.com"], addresses=("10.0.0.1", "93.184.216.34")),
    [exchange(request(host="www.dropbox.com"))],
    visits(["/"], oddities=("bare CR in a head",), response_oddities=1),
    mixed(people(), half_open(100), tried(60, "10.1.2.3"), *(slow(60, kind) for kind in SLOW.values())),
    mixed(people(), floods("rapid reset", 9), cancelled(1000)),
    visits(["/"], client="192.0.2.77", features="3c" * len(FEATURES)),
]
batches = [RecordBatch(records) for records in attacks]
changed = {"request_flood_floor": 100, "random_paths_floor": 100, "advanced_threat_score": 10}
changed["saas_policy"] = ("deny *",)
detection = Detection(load(available(), {**vars(Config()), **changed}))
before = {*sys.modules}
found = {each.detector for batch in batches for each in detection.look(batch).records()}
print(*sorted(found), *sorted({*sys.modules} - before), *(failure.text for failure in detection.failures))
"""


def test_detectors_import_nothing_once_they_are_made() -> None:
    folder = Path(__file__).parent
    paths = [str(each) for each in (folder, folder.parent, folder.parents[1])]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {paths}\n{IMPORTED_LATE}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # They need to know what is usual, or have files.
    silent = ("credential_stuffing", "learned", "sigma", "suricata_names", "threat_intelligence")
    assert done.stdout.split() == [name for name in available() if name not in silent]
