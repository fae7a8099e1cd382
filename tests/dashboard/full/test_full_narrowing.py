"""A filter made from where the user is, and the way from row to row in what was opened."""

from typing import Any

from full_desk import START, Ledger, visits
from full_driver import Driven, drive
from records import handshake, request

from dashboard.full.detail_screen import DetailScreen
from dashboard.full.fact_screens import AlertScreen, ExchangeScreen
from dashboard.full.main_screen import MainScreen
from stats.loading import load
from traffic.records import Exchange

STATUS_CODES = "5"
"""The key of the panel of status codes."""


def visits_with(**fields: Any) -> list[Any]:
    """Visits whose exchanges have requests with these fields."""
    exchanges = [record for record in visits(START + 490, 10, 20) if isinstance(record, Exchange)]
    return [each._replace(request=each.request._replace(**fields)) for each in exchanges if each.request]


def test_a_key_shows_only_the_selected_row_and_another_excludes_it() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("2", "f")
        assert user.app.state.filter_text == "host=shop.example.com"
        assert user.pane.identities == ["shop.example.com"]
        await user.press("escape", "x")
        assert user.app.state.filter_text == "not host=shop.example.com"
        assert user.pane.identities == ["api.example.com", "static.example.com"]

    drive(scenario)


def test_rows_are_added_to_the_filter_that_is_set() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("slash")
        await user.type("host:shop or host:api")
        await user.press("enter", STATUS_CODES, "x")
        assert user.app.state.filter_text == "(host:shop or host:api) not status=200"
        assert "200" not in user.pane.identities
        await user.press("f", "f")
        assert user.app.state.filter_text == "(host:shop or host:api) not status=200 status=303"

    drive(scenario)


def test_the_clients_of_a_failure_are_two_keys_away_from_its_details() -> None:
    async def scenario(user: Driven) -> None:
        await user.press(STATUS_CODES, "G")
        assert user.pane.identity == "500"
        await user.press("enter")
        assert isinstance(user.app.screen, DetailScreen)
        await user.press("tab", "tab")
        assert "Top hits by client" in user.text()
        clients = user.app.screen.pane.identities
        assert clients
        await user.press("j", "f")
        assert isinstance(user.app.screen, MainScreen)
        assert user.app.state.filter_text == f"status=500 client={clients[1]}"
        assert user.app.state.scene is not None
        assert user.app.state.scene.view.whole.count > 0

    drive(scenario)


def test_a_path_in_the_details_is_excluded_without_losing_the_row() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("enter", "shift+tab", "x")
        row, path = 'top_sections="shop.example.com/products"', 'top_paths="shop.example.com/products/42"'
        assert user.app.state.filter_text == f"{row} not {path}"

    drive(scenario)


def test_details_filter_by_their_row_while_they_list_exchanges() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("2", "enter", "x")
        assert user.app.state.filter_text == "not host=shop.example.com"
        assert isinstance(user.app.screen, MainScreen)

    drive(scenario)


def test_a_field_of_an_exchange_becomes_the_filter() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "enter", "j", "f")
        assert isinstance(user.app.screen, MainScreen)
        assert user.app.state.filter_text == "method=GET"

    drive(scenario)


def test_an_exchange_of_the_list_stands_for_its_host_and_path() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "s", "f")
        assert user.app.state.filter_text == "host=shop.example.com path=/reports/yearly"
        await user.press("escape", "x")
        assert user.app.state.filter_text == "not (host=shop.example.com path=/reports/yearly)"

    drive(scenario)


def alerting(client: str | None = None) -> Ledger:
    """Six quiet minutes, then an alert because of one client's requests, or because of more of everybody's."""
    ledger = Ledger()
    for minute in range(6):
        ledger.count(visits(START + 60 * minute, 60, 2), START + 60 * (minute + 1))
    more = visits(START + 360, 130, 5)
    if client is not None:
        more = [*visits(START + 360, 130, 2), *(record._replace(client=client) for record in more)]
    ledger.count(more, START + 490)
    return ledger


def test_an_alert_stands_for_its_main_contributor() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a", "f")
        assert user.app.state.filter_text == "client=203.0.113.9"

    drive(scenario, alerting("203.0.113.9"))


def test_an_alert_without_an_unusual_contributor_stands_for_nothing() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a", "f")
        assert user.app.state.filter_text == ""
        assert "nothing is selected that a filter can match" in user.lines()[-1]

    drive(scenario, alerting())


def test_what_no_filter_can_match_is_said() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "enter", "f")
        assert isinstance(user.app.screen, ExchangeScreen)
        assert user.app.state.filter_text == ""
        assert "nothing is selected that a filter can match" in user.lines()[-1]

    drive(scenario)


def test_rows_that_count_no_requests_have_no_details() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("1", "enter")
        assert isinstance(user.app.screen, MainScreen)
        assert "only rows that count requests have details" in user.lines()[-1]

    ledger = Ledger(load(("tls_versions",)))
    ledger.count([handshake(time=START + 1)], START + 5)
    drive(scenario, ledger)


def test_without_requests_what_there_is_comes_first() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.count([handshake(time=START + 1)], START + 5)
        await user.refresh()
        assert [pane.table.name for pane in user.main.panes][:3] == ["tls_versions", "top_sections", "top_domains"]
        assert user.pane.table.name == "tls_versions", "else the screen would scroll away from it"
        user.ledger.count([request(START + 6)], START + 8)
        await user.refresh()
        assert [pane.table.name for pane in user.main.panes][:3] == ["top_sections", "top_domains", "tls_versions"]

    drive(scenario, Ledger(load(("top_sections", "top_domains", "tls_versions"))))


def test_a_term_that_would_show_what_is_hidden_is_not_offered() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.count(visits_with(referrer="http://a.example/?secret=1"), START + 500)
        await user.refresh()
        await user.press("e", "G", "enter", *["j"] * 6, "f")
        assert isinstance(user.app.screen, ExchangeScreen)
        assert user.app.screen.facts(user.app.screen.body.page)[user.app.screen.chosen].name == "Referrer"
        assert user.app.state.filter_text == ""

    drive(scenario)


def test_arrows_lead_from_exchange_to_exchange() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("e", "g", "enter")
        shown = []
        for key in ("right", "right", "left"):
            await user.press(key)
            assert isinstance(user.app.screen, ExchangeScreen)
            shown.append(user.app.screen.exchange)
        await user.press("left", "left")
        assert "this is the first row" in user.lines()[-1]
        await user.press("escape")
        assert user.app.state.scene is not None
        latest = user.app.state.scene.latest
        assert shown == [latest[1], latest[2], latest[1]]
        assert user.pane.choice.index == 0

    drive(scenario)


def test_arrows_lead_from_row_to_row_in_the_details() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("2", "enter", "right")
        assert "Top hits by domain  api.example.com" in user.text()
        await user.press("left", "escape")
        assert user.pane.identity == "shop.example.com"

    drive(scenario)


def test_the_only_alert_is_the_last_one() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("a", "enter", "right")
        assert isinstance(user.app.screen, AlertScreen)
        assert "this is the last row" in user.lines()[-1]

    drive(scenario)


def test_the_end_of_a_value_longer_than_the_screen_can_be_reached() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.count(visits_with(user_agent="x" * 3000 + " the end"), START + 500)
        await user.refresh()
        await user.press("e", "G", "enter", *["j"] * 5)
        assert "the end" not in user.text()
        await user.press(*["j"] * 35)
        assert "the end" in user.text()
        await user.press("g")
        assert "Exchange" in user.lines()[0]

    drive(scenario, size=(80, 24))


def test_the_page_of_a_call_has_its_operation_status_and_messages() -> None:
    call = visits_with()[-1]._replace(
        protocol="grpc", operation="shop.Cart/Add", grpc_status=14, request_messages=1, response_messages=2,
        first_message_time=0.02,
    )  # fmt: skip

    async def scenario(user: Driven) -> None:
        user.ledger.count([call], START + 500)
        await user.refresh()
        await user.press("e", "G")
        assert "gRPC 14" in user.text()
        await user.press("enter")
        assert isinstance(user.app.screen, ExchangeScreen)
        facts = {fact.name: fact for fact in user.app.screen.facts(user.app.screen.body.page)}
        assert {name: facts[name].value for name in ("Protocol", "Operation", "gRPC status", "Messages")} == {
            "Protocol": "grpc",
            "Operation": "shop.Cart/Add",
            "gRPC status": "14 UNAVAILABLE",
            "Messages": "1 sent, 2 received",
        }
        assert (facts["Operation"].term, facts["gRPC status"].term) == ("operation=shop.Cart/Add", "grpc_status:14")
        assert (facts["First message"].value, facts["Outcome"].value) == ("20.0 ms", "failure")
        assert "As a command" not in facts

    drive(scenario)


def test_the_page_of_an_exchange_says_whose_connection_it_is() -> None:
    owned = visits_with()[-1]._replace(
        process="nginx", process_id=1234, user="www-data", container="web", container_image="nginx:1.29",
        pod="shop/cart-7d4",
    )  # fmt: skip

    async def scenario(user: Driven) -> None:
        user.ledger.count([owned], START + 500)
        await user.refresh()
        await user.press("e", "G", "enter")
        assert isinstance(user.app.screen, ExchangeScreen)
        facts = {fact.name: fact for fact in user.app.screen.facts(user.app.screen.body.page)}
        assert {name: (facts[name].value, facts[name].term) for name in ("Process", "User", "Container", "Pod")} == {
            "Process": ("nginx, process 1234", "process=nginx"),
            "User": ("www-data", "user=www-data"),
            "Container": ("web of nginx:1.29", "container=web"),
            "Pod": ("shop/cart-7d4", "pod=shop/cart-7d4"),
        }

    drive(scenario)


def test_a_named_header_field_becomes_the_filter_unless_it_is_hidden() -> None:
    async def scenario(user: Driven) -> None:
        user.ledger.count(visits_with(request_headers="x-request-id: 7f-3\ncookie: secret"), START + 500)
        await user.refresh()
        await user.press("e", "G", "enter")
        assert "Request fields      x-request-id: 7f-3" in user.text()
        assert "cookie: ***" in user.text()
        assert isinstance(user.app.screen, ExchangeScreen)
        names = [fact.value for fact in user.app.screen.facts(user.app.screen.body.page)]
        await user.press(*["j"] * names.index("cookie: ***"), "f")
        assert "nothing is selected that a filter can match" in user.lines()[-1]
        await user.press("k", "f")
        assert user.app.state.scene is not None
        assert user.app.state.scene.view.filter is not None
        assert 0 < user.app.state.scene.view.filter.matched < user.app.state.scene.view.filter.looked_at

    drive(scenario)
