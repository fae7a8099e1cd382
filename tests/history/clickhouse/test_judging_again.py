"""`exercise.py anomalies --store`: what many sensors counted is judged again, from ClickHouse."""

from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from clickhouse_server import AddressOf
from fleet_contract import START, UNITS, WEB1, WEB2, Fleet, Pair

from history.clickhouse.reading import ClickhouseFleet
from history.clickhouse.schema import Place
from history.clickhouse.target import ClickhouseTarget
from run.anomalies import anomalies
from store.sums import Sums
from store.watched import WATCHED
from view import figures

HOUR = 3600
BURST = 10 * HOUR
NAMES = ("requests_by_client", "requests_by_section", "requests_by_server")


def minute(requests: int, client: str) -> dict[str, Any]:
    """Return what the request rate counts in a minute."""
    keys = (client, "shop/cart", "192.0.2.1:80")
    counted = {f"signals.{name}": {key: Sums(requests)} for name, key in zip(NAMES, keys, strict=True)}
    return {**counted, WATCHED: {"0": Sums(seconds=60.0)}}


@pytest.fixture
def url(address_of: AddressOf, place: Place, tmp_path: Path) -> str:
    """Return the address of a store to which two sensors sent twelve hours, with a burst at the second one."""
    luck, address = Random(5), address_of("reader")
    with closing(ClickhouseTarget(address_of("sensor"), "let me in", UNITS)) as target:
        fleet = Fleet(Pair(target.send, lambda: ClickhouseFleet(address, "read only")))
        held = []
        for at in range(0, 12 * HOUR, 60):
            held.append(fleet.bucket(WEB1, at, held=True, **minute(round(luck.gauss(400, 20)), "10.0.0.1")))
            burst = BURST <= at < BURST + 600
            client, requests = ("203.0.113.9", 2000) if burst else ("10.0.0.2", round(luck.gauss(300, 17)))
            held.append(fleet.bucket(WEB2, at, held=True, **minute(requests, client)))
        fleet.send(*held)
        fleet.roll_up()
    secret = tmp_path / "secret"
    secret.write_text("read only")
    secret.chmod(0o600)
    return f"clickhouse://reader@127.0.0.1:{address.port}/{address.database}?password_file={secret}"


def found(capsys: pytest.CaptureFixture[str], url: str, *arguments: str) -> list[str]:
    span = [f"--{name}={figures.moment(START + at, None)[9:]}T{figures.moment(START + at, None)[:5]}"
            for name, at in (("since", 0), ("until", 12 * HOUR))]  # fmt: skip
    assert anomalies(["--store", url, *span, "--set", "signals=request_rate", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_burst_of_one_sensor_is_found_in_the_sum_and_by_itself(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for chosen in ((), ("--sensor", WEB2)):
        (line,) = found(capsys, url, *chosen)
        assert figures.moment(START + BURST, None)[:5] in line
        assert "client 203.0.113.9" in line
    assert found(capsys, url, "--sensor", WEB1) == []
    assert found(capsys, url) == found(capsys, url), "the same each time"
