"""The table of the sensors on the page of `h`: when each was heard, and what is odd about it. Pure."""

from dashboard.full.table import Entry, TableColumn, TableContent, TableState, table_lines
from dashboard.heading import SKEW
from view import figures
from view.page import Line, Page, Style
from view.sensors import FleetView, SensorView

COLUMNS = (
    TableColumn("sensor", left=True),
    TableColumn("last record", 12),
    TableColumn("dropped", 8),
    TableColumn("clock", 9, spare=1),
    TableColumn("vantage", 10, left=True, spare=2),
    TableColumn("version", 8, left=True, spare=4),
    TableColumn("source", 16, left=True, spare=3),
    TableColumn("remark", 16, left=True),
)


def sensor_lines(fleet: FleetView, now: float, page: Page) -> list[Line]:
    """Show every sensor: those that are silent first, then by name."""
    sensors = sorted(fleet.sensors, key=lambda sensor: (not sensor.silent, sensor.name))
    entries = tuple(Entry(sensor.name, _texts(sensor, now, page), _style(sensor)) for sensor in sensors)
    content = TableContent("Sensors", COLUMNS, entries, nothing="no sensor has sent anything yet")
    return table_lines(content, TableState(False), type(page)(page.width, len(entries) + 2, page.ascii_only, page.zone))


def _texts(sensor: SensorView, now: float, page: Page) -> tuple[str, ...]:
    return (
        page.text(sensor.name),
        f"{figures.duration(max(0.0, now - sensor.last_seen))} ago",
        figures.count(sensor.dropped),
        _clock(sensor),
        page.text(sensor.vantage) or figures.NOTHING,
        page.text(sensor.version),
        page.text(sensor.source),
        "silent" if sensor.silent else page.text(_left_out(sensor)),
    )


def _clock(sensor: SensorView) -> str:
    """Say how far the clock of a sensor is off; empty if it is right."""
    if abs(sensor.skew) <= SKEW:
        return ""
    return f"{'+' if sensor.skew > 0 else '-'}{figures.duration(abs(sensor.skew))}"


def _left_out(sensor: SensorView) -> str:
    return f"not added: {sensor.left_out}" if sensor.left_out else ""


def _style(sensor: SensorView) -> Style:
    return Style.ALARM if sensor.silent else Style.QUIET if sensor.left_out else Style.PLAIN
