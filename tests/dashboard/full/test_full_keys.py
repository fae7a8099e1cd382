"""Every key of the full screen, and the mouse: what it does, as a user would see it."""

import re

import pytest
from full_desk import START, STATISTICS, Ledger, visits
from full_driver import Driven, drive
from textual import events

from dashboard.full.detail_screen import DetailScreen
from dashboard.full.fact_screens import AlertScreen, ExchangeScreen
from dashboard.full.keys import DETAIL, EDITING, MAIN, TEXT
from dashboard.full.main_screen import MainScreen
from dashboard.full.paint import COLOURED, PLAIN
from dashboard.full.table import Sorting
from dashboard.full.text_screens import HealthScreen, HelpScreen

FIRST, SECOND, THIRD = "shop.example.com/products", "api.example.com/items", "static.example.com/logo.png"


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_quitting_lets_the_steps_end_and_hands_over_what_they_return(key: str) -> None:
    async def scenario(user: Driven) -> None:
        await user.press(key)

    app = drive(scenario)
    assert app.return_value == "the end"
    assert app.error is None


@pytest.mark.parametrize("page", ["question_mark", "h", "enter"])
@pytest.mark.parametrize("key", ["q", "escape", "backspace"])
def test_what_was_opened_is_left_by_the_key_that_would_quit_before(page: str, key: str) -> None:
    async def scenario(user: Driven) -> None:
        await user.press(page)
        assert not isinstance(user.app.screen, MainScreen)
        await user.press(key)
        assert user.main
        assert user.app.is_running

    drive(scenario)


@pytest.mark.parametrize("page", ["question_mark", "h", "enter", "slash"])
def test_ctrl_c_quits_everywhere(page: str) -> None:
    async def scenario(user: Driven) -> None:
        await user.press(page, "ctrl+c")

    assert drive(scenario).return_value == "the end"


def test_rows_are_chosen_with_keys_of_less_and_with_arrows() -> None:
    async def scenario(user: Driven) -> None:
        chosen = []
        for key in ("j", "down", "k", "G", "g", "end", "up", "home", "pagedown", "pageup", "ctrl+f", "ctrl+b"):
            await user.press(key)
            chosen.append(user.pane.choice.index)
        last, page = len(user.pane.identities) - 1, user.pane.rows
        assert chosen == [1, 2, 1, last, 0, last, last - 1, 0, page, 0, page, 0]
        assert user.pane.identity == FIRST

    drive(scenario, size=(80, 20))


def test_the_chosen_row_is_marked_without_colour() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("j")
        marked = [line for line in user.lines() if line.startswith(" ▸ ")]
        assert len(marked) == 1
        assert SECOND in marked[0]

    drive(scenario)


def test_panels_are_reached_by_tab_and_by_number_and_come_onto_the_screen() -> None:
    async def scenario(user: Driven) -> None:
        focused = []
        for key in ("tab", "tab", "shift+tab", "8", "1", "shift+tab", "e", "a", "5"):
            await user.press(key)
            focused.append(user.pane.table.name)
            assert user.pane.display
        assert focused == [
            "top_domains",
            "top_user_agents",
            "top_domains",
            "server_response_time",
            "top_sections",
            "alerts",
            "exchanges",
            "alerts",
            "top_status_codes",
        ]

    drive(scenario, size=(80, 24))


def test_each_number_leads_to_its_panel() -> None:
    async def scenario(user: Driven) -> None:
        for number, panel in enumerate((*STATISTICS[2:], STATISTICS[-1]), start=1):
            await user.press(str(number))
            assert user.pane.table.name == panel.name, "where there is no ninth, nothing happens"

    drive(scenario, size=(80, 24))


def test_sorting_by_the_next_column_and_the_other_way_round() -> None:
    async def scenario(user: Driven) -> None:
        assert re.search("1 Top hits by section.*▼hits", user.text())
        await user.press("s")
        assert user.pane.sorting == Sorting("5xx")
        assert user.pane.identities[0] == "api.example.com/status"
        await user.press("s", "s", "s", "s")
        assert user.pane.sorting == Sorting("p95")
        assert user.pane.identities[0] == "shop.example.com/reports"
        assert re.search("1 Top hits by section.*▼p95", user.text())
        await user.press("S")
        assert user.pane.identities[-1] == "shop.example.com/reports"
        assert re.search("1 Top hits by section.*▲p95", user.text())
        await user.press("s")
        assert user.pane.sorting == Sorting("key")
        await user.press("s")
        assert user.pane.sorting == Sorting("hits")

    drive(scenario)


def test_a_frozen_screen_stays_while_capture_goes_on() -> None:
    async def scenario(user: Driven) -> None:
        before = user.lines()
        await user.press("space")
        assert "PAUSED" in user.text()
        user.ledger.count(visits(START + 490, 10, 50), START + 500)
        await user.refresh()
        assert user.lines()[1:] == before[1:]
        await user.press("space")
        assert user.lines()[1:] != before[1:]
        assert "PAUSED" not in user.text()

    drive(scenario)


def test_a_filter_lets_a_frozen_screen_go_on() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("space", "slash")
        await user.type("host:api")
        assert user.pane.identities == [SECOND, "api.example.com/status"]
        assert "PAUSED" not in user.text()

    drive(scenario)


def test_a_detail_opened_while_frozen_is_gathered_to_its_end_and_stays() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.count(visits(START + 490, 200, 100), START + 690)  # more than is gathered before it is drawn
        await user.refresh()
        await user.press("space", "enter")
        while user.app.state.desk.work():
            await user.settle()
        before = user.text()
        assert "PAUSED" in before
        assert "left to scan" not in before
        user.ledger.count(visits(START + 690, 10, 20), START + 700)
        await user.refresh()
        assert user.text() == before
        await user.press("space")
        assert user.text() != before
        assert "PAUSED" not in user.text()

    drive(scenario)


def test_the_window_is_that_of_everything_on_the_screen() -> None:
    async def scenario(user: Driven) -> None:
        shown, counts = [], []
        for key in ("w", "w", "W", "w", "w"):
            await user.press(key)
            assert user.app.state.scene is not None
            shown.append((user.app.state.scene.view.window, re.findall(r"\[(.+?)\]", user.lines()[0])))
            counts.append(user.app.state.scene.view.whole.count)
        day, bucket = (86400.0, ["24 h"]), (10.0, ["10 s"])
        assert shown == [day, bucket, day, bucket, (120.0, ["2 min"])]
        assert counts[0] == counts[2] > counts[4] > counts[1] == counts[3] > 0

    drive(scenario)


def test_themes_come_one_after_the_other_and_there_is_one_without_colours() -> None:
    async def coloured(user: Driven) -> None:
        names = []
        for _ in COLOURED:
            await user.press("t")
            names.append(user.app.theme)
        assert names == ["light", "terminal", "dark"]

    async def plain(user: Driven) -> None:
        await user.press("t")
        assert user.app.theme == "plain"

    drive(coloured)
    drive(plain, palette=PLAIN)


@pytest.mark.parametrize("asked", ["question_mark", "f1"])
def test_help_lists_what_applies_and_nothing_else(asked: str) -> None:
    async def scenario(user: Driven) -> None:
        await user.press(asked)
        assert isinstance(user.app.screen, HelpScreen)
        told = user.text()
        for key in MAIN:
            if key.help:
                assert (key.help in told) is (not key.filtered), key.label
        await user.press("G")
        assert "status" in user.text(), "how filters are written"
        await user.press("escape", "slash")
        await user.type("shop")
        await user.press("enter", "question_mark")
        assert "clear the filter" in user.text()
        await user.press("escape", "escape", "enter", "question_mark")
        assert all(key.help in user.text() for key in DETAIL if key.help)
        assert "sort by" not in user.text(), "nothing is sorted there"

    drive(scenario, size=(100, 44))


def test_all_that_was_not_seen_by_name() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.health.oddities["bad chunk size"] += 3
        await user.refresh()
        assert "oddities 3" in user.text()
        await user.press("h")
        assert isinstance(user.app.screen, HealthScreen)
        assert "bad chunk size  3 times" in user.text()
        assert re.search(r"Request rate +alert +732 +292 +> 321.2", user.text())
        await user.press("escape")
        assert user.main

    drive(scenario)


def test_one_panel_gets_the_whole_screen_and_gives_it_back() -> None:
    async def scenario(user: Driven) -> None:
        before = user.lines()
        assert "Status classes" in user.text()
        await user.press("2", "z")
        assert user.pane.table.name == "top_domains"
        assert [pane.table.name for pane in user.main.panes if pane.display] == ["top_domains"]
        assert "Status classes" not in user.text()
        assert "z all panels  1: sections  3: user agents" in user.text()
        await user.press("tab")
        assert [pane.table.name for pane in user.main.panes if pane.display] == ["top_user_agents"]
        await user.press("z", "1")
        assert user.lines() == before
        await user.press("z", "escape")
        assert user.lines() == before
        await user.press("a", "z")
        assert [pane.table.name for pane in user.main.panes if pane.display] == ["alerts"]
        assert user.lines()[-3].startswith(" z all panels  1: sections")

    drive(scenario)


def test_panels_that_do_not_fit_are_named_until_they_are_shown() -> None:
    async def scenario(user: Driven) -> None:
        assert "Not shown  2: domains  3: user agents" in user.text()
        await user.press("2")
        assert "Not shown  1: sections  4: methods" in user.text()

    drive(scenario, size=(80, 24))


def test_an_alert_moves_no_panel() -> None:
    calm = Ledger()
    for minute in range(6):
        calm.count(visits(START + 60 * minute, 60, 2), START + 60 * (minute + 1))

    async def scenario(user: Driven) -> None:
        where = user.lines().index(next(line for line in user.lines() if "1 Top hits by section" in line))
        user.ledger.count(visits(START + 360, 130, 5), START + 490)
        await user.refresh()
        assert "Active alert" in user.text()
        assert "1 Top hits by section" in user.lines()[where]

    drive(scenario, calm)


def test_alerts_are_a_table_of_signal_value_limit_and_main_contributor() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a")
        lines = user.lines()
        place = next(place for place, line in enumerate(lines) if line.startswith(" a Alerts"))
        assert re.search("Alerts +lasted signal +value +limit main contributor  1 in 24 h", lines[place])
        assert re.search("17:08:00 +10 s Request rate +732 +321.2 active", lines[place + 1])

    drive(scenario, size=(130, 40))


def test_the_footer_shows_main_keys_and_can_be_pressed() -> None:
    async def scenario(user: Driven) -> None:
        footer = user.lines()[-1]
        assert all(word in footer for word in ("Quit", "Help", "Filter", "Detail", "Sort"))
        await user.pilot.click("#footer", offset=(footer.index("Help"), 0))
        await user.settle()
        assert isinstance(user.app.screen, HelpScreen)

    drive(scenario)


def test_the_footer_of_a_filter_can_be_pressed_too() -> None:
    async def scenario(user: Driven) -> None:
        for word, kept in (("Cancel", False), ("Apply", True)):
            await user.press("slash")
            await user.type("host:api")
            await user.pilot.click("#footer", offset=(user.lines()[-1].index(word), 0))
            await user.settle()
            assert not user.main.filter.editing
            assert (user.pane.identities == [SECOND, "api.example.com/status"]) is kept

    drive(scenario)


# Details ----------------------------------------------------------------------------------------------------------


def test_what_is_behind_a_row() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("j", "enter")
        assert isinstance(user.app.screen, DetailScreen)
        told = user.text()
        assert f"Top hits by section  {SECOND}" in told
        assert all(word in told for word in ("p50", "p90", "p99", "Status codes", "GET", "Slowest exchanges"))
        await user.press("tab")
        assert "Latest exchanges" in user.text()
        await user.press("j", "enter")
        assert isinstance(user.app.screen, ExchangeScreen)
        assert "/items" in user.text()
        assert "?page=2" not in user.text(), "queries are not told, as in the log"
        await user.press("escape", "escape")
        assert user.pane.identity == SECOND

    drive(scenario)


def test_a_detail_says_which_filter_it_is_within() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("status:200")
        await user.press("enter", "enter")
        assert "filter status:200" in user.lines()[1]

    drive(scenario)


def test_a_detail_goes_on_while_it_is_looked_at() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("enter")
        (before,) = re.findall(r"([\d,]+) of", user.text())
        user.ledger.count(visits(START + 490, 10, 20), START + 500)
        await user.refresh()
        (after,) = re.findall(r"([\d,]+) of", user.text())
        assert int(after.replace(",", "")) == int(before.replace(",", "")) + 100

    drive(scenario)


def test_a_detail_has_the_window_of_the_screen() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("enter", "w", "w", "w")
        assert "shown: the last 2 min" in user.text()
        await user.press("W", "escape")
        assert "[10 s]" in user.lines()[0]

    drive(scenario)


def test_an_exchange_of_the_live_list() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "enter")
        assert isinstance(user.app.screen, ExchangeScreen)
        assert all(word in user.text() for word in ("Method", "Status", "Response time", "Client"))

    drive(scenario)


def test_an_alert_is_told_in_whole() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a", "enter")
        assert isinstance(user.app.screen, AlertScreen)
        told = " ".join(line.strip() for line in user.lines())
        assert "150.7 % above the baseline of 292 (limit 321.2); of the excess: client 203.0.113.9 " in told
        assert all(
            word in told
            for word in ("Raised", "17:08:00", "not yet, still active", "Peak", "Limit", "Main contributors")
        )
        before = user.text()
        user.ledger.count(visits(START + 490, 60, 1), START + 610)
        await user.refresh()
        assert user.text() != before, "it goes on"
        await user.press("q")
        assert user.pane.table.name == "alerts"

    drive(scenario, size=(80, 24))


# The live list ----------------------------------------------------------------------------------------------------


def test_the_live_list_follows_until_another_row_is_chosen() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e")
        assert "following" in user.text()
        user.ledger.count(visits(START + 490, 1, 5), START + 491)
        await user.refresh()
        assert user.pane.choice.index == len(user.pane.identities) - 1
        await user.press("k", "k")
        held = user.pane.identity
        assert "held" in user.text()
        user.ledger.count(visits(START + 491, 1, 5), START + 492)
        await user.refresh()
        assert user.pane.identity == held
        await user.press("G")
        assert "following" in user.text()

    drive(scenario, size=(80, 24))


def test_the_slowest_of_all_kept_exchanges_come_first_when_sorted_by_response() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "s")
        assert user.pane.sorting == Sorting("response")
        assert "/reports/yearly" in user.pane.identities[0]

    drive(scenario)


# The filter -------------------------------------------------------------------------------------------------------


def test_a_filter_is_applied_as_it_is_typed_and_says_how_much_it_matches() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        assert user.lines()[-1].strip().startswith("Enter  Apply")
        await user.type("host:api")
        assert user.pane.identities == [SECOND, "api.example.com/status"]
        assert re.search(r"matches \d+ of [\d,]+ exchanges since 17:00:00", user.text())
        await user.press("enter", "e")
        assert all("/items" in identity or "/status" in identity for identity in user.pane.identities)
        user.ledger.count(visits(START + 490, 10, 5), START + 500)
        await user.refresh()
        assert "shop" not in "".join(user.pane.identities), "what comes later is filtered too"
        await user.press("escape", "1")
        assert FIRST in user.pane.identities

    drive(scenario)


def test_no_key_is_lost_however_fast_they_come() -> None:
    async def scenario(user: Driven) -> None:
        await user.pilot.press("slash", *"api", "enter", "2", "enter")
        await user.settle()
        assert isinstance(user.app.screen, DetailScreen)
        assert "Top hits by domain  api.example.com" in user.text()

    drive(scenario)


def test_what_is_typed_is_edited_in_its_order_however_fast_keys_come() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        for key in ("x", "ctrl+u", *"shi", "backspace", *"op", "home", "-"):
            user.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await user.settle()
        assert user.main.filter.input.value == "-shop"

    drive(scenario)


def test_a_wrong_filter_is_explained_and_the_last_good_one_stays() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("host:api")
        await user.type(" hots:x")
        assert "! no field 'hots'" in user.text()
        assert user.pane.identities == [SECOND, "api.example.com/status"]
        await user.press("enter")
        assert user.main.filter.editing, "what is wrong is not left behind unseen"
        await user.press("escape")
        assert FIRST in user.pane.identities, "Esc goes back to what was before: nothing"
        assert "host:api" not in user.text()

    drive(scenario)


def test_what_is_wrong_is_told_as_far_as_there_is_room() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        assert "and or not ( )" in user.text()
        await user.type("client:300.1.1.1")
        (told,) = (line for line in user.lines() if "client needs an address" in line)
        assert told.endswith("…")

    drive(scenario, size=(80, 24))


def test_the_wrong_part_is_marked_without_colour() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("shop time>5")
        strips = user.app.screen._compositor.render_strips()
        marked = [s.text for strip in strips for s in strip if s.style and s.style.underline and s.style.reverse]
        assert "".join(marked).strip() == "5"

    drive(scenario, palette=PLAIN)


def test_filters_from_before_come_back_with_the_arrows() -> None:
    async def scenario(user: Driven) -> None:
        for text in ("shop", "api"):
            await user.press("slash", "ctrl+u")
            await user.type(text)
            await user.press("enter")
        await user.press("slash", "up")
        assert user.main.filter.input.value == "api"
        await user.press("up")
        assert user.main.filter.input.value == "shop"
        await user.press("down", "down")
        assert user.main.filter.input.value == ""

    drive(scenario)


def test_the_next_row_with_the_text_of_the_filter() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("status:200 host:shop")
        await user.press("enter", "n")
        first = (user.pane.table.name, user.pane.identity)
        assert first == ("top_sections", "shop.example.com/search")
        await user.press("n")
        assert (user.pane.table.name, user.pane.identity) == ("top_sections", "shop.example.com/reports")
        await user.press("n")
        assert (user.pane.table.name, user.pane.identity) == ("top_domains", "shop.example.com")
        await user.press("N", "N")
        assert (user.pane.table.name, user.pane.identity) == first

    drive(scenario)


def test_the_keys_of_editing_are_told_in_the_footer() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        footer = user.lines()[-1]
        told = [key for key in EDITING if key.footer]
        assert told
        assert all(key.footer in footer for key in told)

    drive(scenario)


# The mouse --------------------------------------------------------------------------------------------------------


def test_a_row_is_chosen_by_a_press_and_opened_by_another() -> None:
    async def scenario(user: Driven) -> None:
        pane = user.main.panes[1]
        await user.pilot.click(pane, offset=(5, 2))
        await user.settle()
        assert (user.pane, user.pane.choice.index) == (pane, 1)
        await user.pilot.click(pane, offset=(5, 2))
        await user.settle()
        assert isinstance(user.app.screen, DetailScreen)

    drive(scenario)


def test_a_heading_sorts_by_its_column_and_the_wheel_moves() -> None:
    async def scenario(user: Driven) -> None:
        heading = next(line for line in user.lines() if "1 Top hits by section" in line)
        for expected in (Sorting("p95"), Sorting("p95", False)):
            await user.pilot.click(user.pane, offset=(heading.index("p95") - 1, 0))
            await user.settle()
            assert user.pane.sorting == expected
        user.pane.on_mouse_scroll_down()
        assert user.pane.choice.index == 1
        user.pane.on_mouse_scroll_up()
        assert user.pane.choice.index == 0

    drive(scenario)


def test_a_press_on_the_name_of_a_window_shows_it() -> None:
    async def scenario(user: Driven) -> None:
        for name in ("2 min", "24 h", "10 s", "1 h"):
            title = user.lines()[0]
            await user.pilot.click("#head", offset=(title.index(name) - 1, 0))
            await user.settle()
            assert f"[{name}]" in user.lines()[0]
        await user.pilot.click("#head", offset=(user.lines()[0].index("monitor"), 0))
        await user.settle()
        assert "[1 h]" in user.lines()[0]

    drive(scenario)


# The table of keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [MAIN, DETAIL, TEXT], ids=["main", "detail", "text"])
def test_no_key_means_two_things(keys: list[tuple[list[str]]]) -> None:
    names = [name for key in keys for name in key[0]]
    assert len(names) == len(set(names))
