"""Keys that acknowledge an alert, mute its signal, and let all signals learn again."""

from dataclasses import replace

import pytest
from full_driver import Driven, drive

from alerting.events import BaselineChosen
from dashboard.full.fact_screens import AlertScreen


def banners(user: Driven) -> list[str]:
    return [line for line in user.lines() if line.strip().startswith(("Active alert", "Acknowledged"))]


def test_an_acknowledged_alert_has_no_banner_but_is_not_hidden() -> None:
    async def scenario(user: Driven) -> None:
        assert "Active alert" in banners(user)[0]
        await user.press("A")
        assert "acknowledged: Request rate" in user.lines()[-1]
        await user.refresh()
        assert [line.strip() for line in banners(user)] == ["Acknowledged  Request rate"]
        await user.press("a")
        assert "active, acknowledged" in user.text()

    drive(scenario, size=(200, 60))


def test_an_alert_is_acknowledged_on_its_page() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a", "enter", "A")
        assert isinstance(user.app.screen, AlertScreen)
        assert user.app.screen.alert.quiet == "acknowledged"
        assert "Silenced            acknowledged" in user.text()

    drive(scenario)


def test_a_muted_signal_has_no_banner_until_it_is_muted_no_longer() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("m")
        assert "Mute Request rate" in user.text()
        assert len(user.ledger.monitor.history.active) == 1
        await user.press("8")
        assert "Request rate: muted for 8 h" in user.lines()[-1]
        assert user.ledger.monitor.muted_until("request_rate") == user.ledger.now + 8 * 3600
        assert banners(user) == []
        assert user.lines()[1].strip().startswith("ENFORCING  muted alert: Request rate")
        await user.press("a", "enter")
        assert "Silenced            muted until" in user.text()
        await user.press("m")
        assert "no longer muted" in user.lines()[-1]
        await user.press("escape")
        assert len(banners(user)) == 1

    drive(scenario)


def test_a_paused_display_shows_what_a_key_has_changed() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("space", "m", "m")
        assert banners(user) == []

    drive(scenario)


def test_relearning_ends_the_alert() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("R")
        assert "learning new baselines" in user.lines()[-1]
        assert "LEARNING" in user.text()
        assert banners(user) == []
        await user.press("A")
        assert "there is no active alert" in user.lines()[-1]

    drive(scenario)


def test_one_signal_learns_again_on_the_page_of_its_alert() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a", "enter", "R")
        assert "learning a new baseline" in user.lines()[-1]
        states = {judge.rule.name: judge.state.name for judge in user.ledger.monitor.judges}
        assert states.pop("request_rate") == "LEARNING"

    drive(scenario)


def test_the_present_is_accepted_as_usual() -> None:
    async def scenario(user: Driven) -> None:
        before = user.ledger.monitor.baseline
        await user.press("u")
        assert "accepted as usual: Request rate" in user.lines()[-1]
        assert user.ledger.monitor.history.active == ()
        assert before is not None
        assert (user.ledger.monitor.baseline or 0.0) > before
        await user.press("u")
        assert "there is no active alert" in user.lines()[-1]

    drive(scenario)


def test_the_signal_of_an_alert_is_compared_with_its_season_and_back() -> None:
    async def scenario(user: Driven) -> None:
        (rate,) = user.ledger.monitor.judges
        await user.press("a", "enter", "B")
        assert "Request rate: compared with the usual at this hour of the week" in user.lines()[-1]
        assert (rate.kind, rate.state.name) == ("seasonal", "LEARNING")
        assert "Now compared with   the usual at this hour of the week (seasonal), chosen" in user.text()
        assert user.ledger.told[-1] == BaselineChosen(user.ledger.now, "request_rate", "seasonal")
        await user.press("B")
        assert "Request rate: fixed baseline, as the setting says" in user.lines()[-1]
        assert (rate.kind, rate.setting) == ("fixed", "fixed")

    drive(scenario)


def test_elsewhere_the_signals_are_that_are_offered_a_season() -> None:
    async def scenario(user: Driven) -> None:
        (rate,) = user.ledger.monitor.judges
        await user.press("B")
        assert "no signal is offered a seasonal baseline" in user.lines()[-1]
        rate.offer = "has alerted for 3 hours"
        await user.refresh()
        await user.press("B")
        assert (rate.kind, rate.offer) == ("seasonal", "")
        assert banners(user) == []

    drive(scenario)


def test_where_the_setting_says_seasonal_there_is_nothing_to_undo() -> None:
    async def scenario(user: Driven) -> None:
        (rate,) = user.ledger.monitor.judges
        rate.setting = rate.kind = "seasonal"
        await user.refresh()
        await user.press("a", "enter", "B")
        assert "Request rate: its setting says seasonal" in user.lines()[-1]

    drive(scenario)


@pytest.mark.parametrize("key", ["m", "u", "R", "B"])
def test_a_signal_that_is_no_longer_enabled_cannot_be_changed(key: str) -> None:
    """An alert of an earlier run may be of such a signal."""

    async def scenario(user: Driven) -> None:
        history = user.ledger.monitor.history
        (active,) = history.active
        history.recall([replace(active, signal="key_drop", end=user.ledger.now)])
        await user.refresh()
        await user.press("a", "down", "enter", key)
        assert "Key drop: the signal key_drop is not enabled" in user.lines()[-1]
        assert (history.active, user.ledger.told) == ((active,), [])

    drive(scenario)


def test_nothing_is_muted_if_the_question_is_left() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("m", "escape")
        assert user.ledger.monitor.habits.muted == {}
        assert len(banners(user)) == 1

    drive(scenario)


def test_a_file_that_is_over_cannot_be_learned_from() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.ended = True
        await user.refresh()
        await user.press("R")
        assert "the capture file is over" in user.lines()[-1]
        assert len(banners(user)) == 1

    drive(scenario)
