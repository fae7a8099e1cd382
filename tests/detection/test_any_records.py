"""No detector raises, whatever the records and their times are."""

from hypothesis import given
from hypothesis import strategies as st
from records import exchange, lookup, request

from detection.loading import available, load
from detection.pipeline import Detection
from exercise_config import Config
from traffic.batch import RecordBatch

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


@given(st.lists(st.lists(LOOKUPS | EXCHANGES, max_size=20), max_size=5))
def test_any_records_are_no_trouble(batches: list[list[object]]) -> None:
    detection = Detection(load(available(), {**vars(Config()), "request_flood_floor": 2, "random_paths_floor": 2}))
    for records in batches:
        detection.look(RecordBatch(records))
    assert detection.failures == []
