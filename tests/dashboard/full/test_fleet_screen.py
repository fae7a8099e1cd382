"""The full screen of a fleet, compared with pictures in text, and its keys.

`python tests/dashboard/full/test_fleet_screen.py` draws them again.
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[place]) for place in (3, 2, 0)]

from fleet_program import COMMAND, STORE
from fleet_scene import FleetScene
from full_driver import Driven, drive
from pseudo_terminal import PseudoTerminal

from dashboard.full.main_screen import SUMS_ALONE, MainScreen

FOLDER = Path(__file__).with_name("snapshots")
SIZES = ((80, 24), (160, 50))
SCREENS: dict[str, tuple[Sequence[str], str]] = {
    "fleet": ((), ""),
    "fleet-health": (("h",), ""),
    "fleet-filter": (("slash",), "sensor:web-* -sensor:web-2"),
    "fleet-help": (("question_mark",), ""),
}
CASES = [(name, size) for name in SCREENS for size in SIZES if name != "fleet-help" or size == SIZES[0]]


def fleet() -> FleetScene:
    """Four sensors: one of another vantage, one with a wrong clock, and one that fell silent."""
    scene = FleetScene().add("web-1", "web-2", "web-3", vantage="edge").add("db-1", vantage="inside")
    scene.sensors["web-1"].skew = scene.store.ahead["web-1"] = 40
    scene.send(120)
    scene.begin()
    scene.go(120)
    scene.go(90, silent=["web-2"])
    return scene


class FleetLedger:
    """What the driver of the full screen needs."""

    def __init__(self) -> None:
        self.scene = fleet()
        self.desk = self.scene.desk


@cache
def shared() -> FleetLedger:
    """Return a fleet for tests that change nothing."""
    return FleetLedger()


def seen(keys: Sequence[str], typed: str, size: tuple[int, int]) -> str:
    found: list[str] = []
    ledger = FleetLedger() if typed else shared()

    async def scenario(user: Driven) -> None:
        await user.press(*keys)
        await user.type(typed)
        if typed:
            ledger.scene.look()
        await user.pilot.pause(0.1)
        await user.refresh()
        found.append(user.text())

    drive(scenario, ledger, size=size)  # type: ignore[arg-type]
    return found[0].rstrip("\n") + "\n"


def file_of(name: str, size: tuple[int, int]) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}.txt"


@pytest.mark.parametrize(("name", "size"), CASES, ids=[file_of(*case).stem for case in CASES])
def test_it_looks_as_it_did(name: str, size: tuple[int, int]) -> None:
    assert seen(*SCREENS[name], size) == file_of(name, size).read_text(encoding="utf-8")


def test_enter_on_a_sensor_shows_only_that_one_and_escape_shows_all_again() -> None:
    ledger = FleetLedger()

    async def scenario(user: Driven) -> None:
        assert user.main.panes[0].identity == "web-3"
        await user.press("enter")
        assert user.app.state.filter_text == "sensor=web-3"
        ledger.scene.look()
        await user.refresh()
        assert "matches 1 of 4 sensors" in user.text()
        assert "web-1" not in user.text()
        await user.press("escape")
        await user.refresh()
        assert "web-1" in user.text()

    drive(scenario, ledger)  # type: ignore[arg-type]


def test_excluding_a_sensor_leaves_the_others() -> None:
    ledger = FleetLedger()

    async def scenario(user: Driven) -> None:
        await user.press("x")
        assert user.app.state.filter_text == "not sensor=web-3"

    drive(scenario, ledger)  # type: ignore[arg-type]


def test_nothing_on_the_screen_leads_to_exchanges() -> None:
    async def scenario(user: Driven) -> None:
        assert "exchanges" not in {pane.table.name for pane in user.main.panes}
        for key in ("e", "E"):
            await user.press(key)
            assert isinstance(user.app.screen, MainScreen)
            assert SUMS_ALONE in user.text()
        await user.press("2", "enter")
        assert isinstance(user.app.screen, MainScreen)
        assert SUMS_ALONE in user.text()

    drive(scenario, shared())  # type: ignore[arg-type]


def test_other_fields_are_refused_in_one_line() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("status:5xx")
        assert "! no status here: sums of sensors hold no single exchanges; use sensor: or vantage:" in user.text()

    drive(scenario, shared())  # type: ignore[arg-type]


def test_names_of_sensors_are_completed() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("-sensor:d")
        await user.press("right")
        assert user.main.filter.input.value == "-sensor:db-1"
        await user.press("escape")

    drive(scenario, shared())  # type: ignore[arg-type]


def test_a_silent_sensor_can_be_muted_from_the_list_of_alerts() -> None:
    ledger = FleetLedger()

    async def scenario(user: Driven) -> None:
        await user.press("a", "m", "m")
        await user.refresh()
        assert ledger.scene.view().alerts[0].quiet == "muted"
        assert "Silent sensor of web-2: muted until m ends it" in user.text()

    drive(scenario, ledger, size=(120, 40))  # type: ignore[arg-type]


def test_it_comes_up_on_a_terminal_locked_down_and_ends() -> None:
    options = ["--ui", "full", "--set", "timeout=0.2", "--set", "sensor_silence=3600"]
    terminal = PseudoTerminal([*COMMAND, *STORE, *options], columns=110, lines=35)
    terminal.wait_for("web-2")
    terminal.press("/")
    terminal.press("sensor:web-1\r")
    terminal.wait_for("1 of 2 sensors")
    terminal.press("q")
    assert terminal.end() == 0
    terminal.close()


if __name__ == "__main__":
    for name, size in CASES:
        file_of(name, size).write_text(seen(*SCREENS[name], size), encoding="utf-8")
