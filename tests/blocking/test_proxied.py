"""Clients behind a proxy are known from their latest request."""

from records import request

from blocking.proxied import MOST, Proxied
from traffic.batch import RecordBatch


def test_the_latest_request_says_whether_a_proxy_sent_it() -> None:
    proxied = Proxied()
    proxied.take(RecordBatch([request(client="203.0.113.7", source="10.0.0.1"), request(client="203.0.113.8")]))
    assert ("203.0.113.7" in proxied, "203.0.113.8" in proxied, "10.0.0.1" in proxied) == (True, False, False)
    proxied.take(RecordBatch([request(client="203.0.113.7", source="203.0.113.7")]))
    assert "203.0.113.7" not in proxied


def test_old_clients_are_forgotten() -> None:
    proxied = Proxied()
    for number in range(MOST + 1):
        proxied.take(RecordBatch([request(client=f"2001:db8::{number:x}", source="10.0.0.1")]))
    assert "2001:db8::0" not in proxied
    assert "2001:db8::1" in proxied
