"""Filters made of rows, values and exchanges: they can be parsed again, and match what they were made of."""

import pytest
from records import ended, request

from stats.loading import load
from store.filtering.filter import parse
from store.filtering.narrowing import containing, narrowed, of_exchange, of_row, opposite, term

STATISTICS = load(
    (
        "top_domains", "top_status_codes", "top_user_agents", "top_clients", "connections_per_server", "top_protocols",
        "top_operations", "grpc_status_codes",
    )
)  # fmt: skip
DOMAINS, CODES, AGENTS, CLIENTS, CONNECTIONS, PROTOCOLS, OPERATIONS, CALLS = STATISTICS
HOSTILE = ("", " ", '"', "\\", '\\"', "a) or (b", "not", "it's", "x" * 300, "é", "a=b", 'x" or ua:"', "-1")


@pytest.mark.parametrize("agent", HOSTILE)
def test_a_value_of_any_kind_matches_itself_and_nothing_else(agent: str) -> None:
    one, other = (ended(request(1.0, user_agent=text), 200, 0.1) for text in (agent, agent + "!"))
    for text in (term("ua", agent), of_row(AGENTS, agent or "(none)")):
        wanted = parse(text, STATISTICS)
        assert wanted(one)
        assert not wanted(other)
        assert parse(opposite(text), STATISTICS)(other)


def test_rows_whose_keys_are_a_field_have_short_terms() -> None:
    assert of_row(DOMAINS, "shop.example.com") == "host=shop.example.com"
    assert of_row(CLIENTS, "2001:db8::7") == 'client="2001:db8::7"'
    assert of_row(CODES, "503") == "status=503"
    assert of_row(CODES, "(no response)") == 'top_status_codes="(no response)"'
    assert of_row(PROTOCOLS, "http/1.1") == "protocol=http/1.1"
    assert of_row(PROTOCOLS, "(unknown)") == 'top_protocols="(unknown)"'
    assert of_row(OPERATIONS, "query Cart") == 'operation="query Cart"'
    assert of_row(CALLS, "14 UNAVAILABLE") == "grpc_status=14"
    assert of_row(CONNECTIONS, "10.0.0.1:80") == "", "a connection is no exchange"


def test_an_exchange_stands_for_its_host_and_path() -> None:
    exchange = ended(request(1.0, host="shop.example.com", target="/a b?c=1"), 200, 0.1)
    assert of_exchange(exchange) == 'host=shop.example.com path="/a b"'
    unpaired = exchange._replace(request=None, server="10.0.0.5", server_port=80)
    assert of_exchange(unpaired) == 'server="10.0.0.5:80"'
    assert parse(of_exchange(unpaired))(unpaired)


def test_terms_join_a_filter_as_a_whole() -> None:
    assert narrowed("", ["a", "b"]) == "a b"
    assert narrowed("a or b", ["c"]) == "(a or b) c"
    assert narrowed("(a or b) c", ["d"]) == "(a or b) c d"
    assert narrowed('"a or b"', ["c"]) == '"a or b" c'
    assert narrowed("a b", ["b", "c"]) == "a b c", "what is there already is not added again"
    assert opposite("a b") == "not (a b)"


@pytest.mark.parametrize("value", [text for text in HOSTILE if text.strip()])
def test_a_header_field_is_found_as_it_is(value: str) -> None:
    line = f"x-id: {value}"
    one = ended(request(1.0, request_headers=f"x-cache: a\n{line}"), 200, 0.1)
    other = ended(request(1.0), 200, 0.1, response_headers="x-id: something else")
    wanted = parse(containing("header", line))
    assert wanted(one)
    assert wanted(other._replace(response_headers=f"{line}\nb: c"))
    assert not wanted(other)
    assert not parse("header:x")(ended(request(1.0), 200, 0.1))
