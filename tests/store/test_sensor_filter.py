"""Filters of sensors."""

import pytest

from store.filtering.completion import completions
from store.filtering.errors import FilterError
from store.filtering.sensors import Sensor, parse_sensors, sensor_fields

FLEET = (Sensor("web-1", "edge"), Sensor("web-2", "edge"), Sensor("db-1", "inside"), Sensor("Cache.eu", ""))


def names(text: str) -> list[str]:
    wanted = parse_sensors(text)
    return [sensor.name for sensor in FLEET if wanted(sensor)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["web-1", "web-2", "db-1", "Cache.eu"]),
        ("sensor:web-*", ["web-1", "web-2"]),
        ("sensor:web", []),
        ("-sensor:db*", ["web-1", "web-2", "Cache.eu"]),
        ("sensor!=db-1 vantage:inside", []),
        ("vantage:edge", ["web-1", "web-2"]),
        ("vantage:edge -sensor:web-2", ["web-1"]),
        ("sensor:web-?,db-1", ["web-1", "web-2", "db-1"]),
        ("sensor=db-1 or sensor:cache*", ["db-1", "Cache.eu"]),
        ("web-1", ["web-1"]),
        ('sensor:"web-1"', ["web-1"]),
        ('vantage:""', ["Cache.eu"]),
        ("not (sensor:web-1 or vantage:inside)", ["web-2", "Cache.eu"]),
    ],
)
def test_names_match_as_a_whole(text: str, found: list[str]) -> None:
    assert names(text) == found
    assert names(parse_sensors(text).text) == found


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("status:5xx", "no status here: sums of sensors hold no single exchanges; use sensor: or vantage:", (0, 6)),
        ("sensor:web-* path:/a", "no path here: ", (13, 17)),
        ("sensor>3", "sensor cannot be compared: write sensor:web-*", (0, 8)),
        ("(sensor:a", "unclosed (: add )", (0, 1)),
        ("sensor:" + "a" * 2000, "filter too long", (2000, 2007)),
    ],
)
def test_other_filters_are_refused(text: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(FilterError, match=r".*") as refused:
        parse_sensors(text)
    assert refused.value.message.startswith(message)
    assert (refused.value.start, refused.value.end) == place


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("se", ["sensor:"]),
        ("sensor:web-", ["sensor:web-1", "sensor:web-2"]),
        ("vantage:edge -sensor:d", ["vantage:edge -sensor:db-1"]),
        ("vantage:", ["vantage:edge", "vantage:inside"]),
        ("-va", ["-vantage:"]),
    ],
)
def test_names_are_completed(text: str, completed: list[str]) -> None:
    assert completions(text, sensor_fields(FLEET)) == completed
