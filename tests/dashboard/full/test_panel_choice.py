"""Which panels are shown, and in which order, as the user chose."""

from full_desk import START, STATISTICS, Ledger, visits
from full_driver import Driven, drive
from hypothesis import given
from hypothesis import strategies as st
from records import ended, request

from dashboard.full.main_screen import MainScreen
from dashboard.full.panel_choice import PanelChoice
from dashboard.full.panel_screen import PanelScreen
from stats.statistic import HITS
from traffic.records import Exchange

NAMES = ("sections", "domains", "clients", "alerts")
CHOICES = st.builds(
    PanelChoice,
    st.permutations([*NAMES, "gone"]).flatmap(lambda names: st.integers(0, 5).map(lambda some: tuple(names[:some]))),
    st.frozensets(st.sampled_from([*NAMES, "gone"])),
)


def test_without_a_choice_everything_is_shown_in_its_usual_order() -> None:
    assert PanelChoice().shown(NAMES) == list(NAMES)


def test_a_panel_is_hidden_and_shown_again() -> None:
    hidden = PanelChoice().toggled("domains")
    assert hidden.shown(NAMES) == ["sections", "clients", "alerts"]
    assert hidden.arranged(NAMES) == list(NAMES), "it keeps its place"
    assert hidden.toggled("domains") == PanelChoice()


def test_a_panel_moves_up_and_down_as_far_as_it_goes() -> None:
    up = PanelChoice().moved("clients", -1, NAMES)
    assert up.shown(NAMES) == ["sections", "clients", "domains", "alerts"]
    assert up.moved("clients", 1, NAMES).shown(NAMES) == list(NAMES)
    assert PanelChoice().moved("sections", -1, NAMES).shown(NAMES) == list(NAMES)
    assert PanelChoice().moved("alerts", 1, NAMES).shown(NAMES) == list(NAMES)


def test_a_panel_that_is_new_stands_where_it_usually_does() -> None:
    chosen = PanelChoice(("clients", "sections", "gone"))
    assert chosen.shown(NAMES) == ["clients", "alerts", "sections", "domains"]


@given(CHOICES)
def test_every_panel_has_one_place(choice: PanelChoice) -> None:
    assert sorted(choice.arranged(NAMES)) == sorted(NAMES)


def test_the_choice_is_made_on_a_page_and_seen_at_once() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("p")
        assert isinstance(user.app.screen, PanelScreen)
        assert "▸ [x] Top hits by section" in user.text()
        await user.press("space", "j", "j", "K")
        assert [line.strip() for line in user.lines()[2:5]] == [
            "[ ] Top hits by section", "▸ [x] Top hits by user agent", "[x] Top hits by domain",
        ]  # fmt: skip
        await user.press("escape")
        assert [(pane.number, pane.table.name) for pane in user.main.panes][:2] == [
            ("1", "top_user_agents"), ("2", "top_domains"),
        ]  # fmt: skip
        assert user.pane.table.name == "top_user_agents", "the focus was on a panel that is gone"
        assert "Top hits by section" not in user.text()
        await user.press("p", "d", "escape")
        assert "1 Top hits by section" in user.text()

    drive(scenario)


def test_a_choice_of_before_is_there_from_the_start() -> None:
    async def scenario(user: Driven) -> None:
        names = [pane.table.name for pane in user.main.panes]
        user.app.state.appearance.panels.choice = PanelChoice(("exchanges", *names[:-2]), frozenset({"alerts"}))
        await user.refresh()
        assert user.main.panes[0].number == "e"
        await user.press("2")
        assert user.pane.table.name == "top_domains", "the exchanges have a letter, so they take no number"
        await user.press("a")
        assert user.pane.table.name == "alerts", "its key shows it again"

    drive(scenario)


class Calls:
    name, title, unit, record, only_when_seen = "calls", "Top calls", HITS, Exchange, True
    columns = ("operation",)

    def key(self, operation: str) -> str | None:
        return operation or None


def test_a_panel_of_rare_traffic_appears_when_it_is_seen_and_the_focus_stays() -> None:
    ledger = Ledger([STATISTICS[0], Calls(), STATISTICS[2]])
    ledger.count(visits(START, 60, 2), START + 60)

    async def scenario(user: Driven) -> None:
        assert [pane.table.name for pane in user.main.panes] == ["top_sections", "exchanges", "alerts"]
        assert user.pane.table.name == "top_sections"
        await user.press("p")
        assert "[x] Top calls  (nothing seen yet)" in user.text()
        await user.press("escape")
        ledger.count([ended(request(START + 61), operation="shop.Cart/Add")], START + 70)
        await user.refresh()
        assert [(pane.number, pane.table.name) for pane in user.main.panes][:2] == [
            ("1", "calls"), ("2", "top_sections"),
        ]  # fmt: skip
        assert user.pane.table.name == "top_sections"
        assert "1 Top calls" in user.text()

    drive(scenario, ledger)


def test_whoever_hides_everything_sees_everything() -> None:
    async def scenario(user: Driven) -> None:
        names = frozenset(pane.table.name for pane in user.main.panes)
        user.app.state.appearance.panels.choice = PanelChoice((), names)
        await user.refresh()
        assert isinstance(user.app.screen, MainScreen)
        assert {pane.table.name for pane in user.main.panes} == names

    drive(scenario)


def test_a_long_list_scrolls_to_the_selected_panel() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("p", "G")
        assert "▸ [x] Alerts" in user.text()
        await user.press("g")
        assert "▸ [x] Top hits by section" in user.text()

    drive(scenario, size=(60, 18))
