"""Requests for the detector of unseen attacks: ordinary visits to a shop, and an injection."""

from detecting import BEGIN, CLIENT
from records import exchange, request

from capture.core import CORE
from detection.detectors.unseen import Unseen
from detection.pipeline import WithFindings
from traffic.batch import RecordBatch
from traffic.finding import Finding
from traffic.records import Exchange

HEAD = "Host: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n"
UNUSUAL = "/items?page=(1)"
"""Strange here, but not anywhere."""
INJECTION = "/items?page=1%27%20or%20%271%27=%271%27--%20"


def features_of(target: str, head: str = HEAD) -> str:
    assert CORE is not None
    return str(CORE.request_features(f"GET {target} HTTP/1.1\r\n{head}\r\n".encode(), b""))


def visit(number: int, target: str, client: str = CLIENT, host: str = "shop.example.com") -> Exchange:
    time = BEGIN + number
    asked = request(time=time, target=target, client=client, host=host)
    return exchange(asked, time=time, client=client, features=features_of(target))


def ordinary(count: int, begin: int = 0, host: str = "shop.example.com") -> list[Exchange]:
    return [
        visit(begin + number, f"/items?page={number % 7}", f"198.51.100.{number % 20}", host) for number in range(count)
    ]


def found(detector: Unseen, exchanges: list[Exchange], others: tuple[Finding, ...] = ()) -> list[Finding]:
    batch = RecordBatch(exchanges)
    return list(detector.look(WithFindings(batch, RecordBatch(others)) if others else batch))
