"""Findings and alerts through the run: who is told, what commands do, and what the exempt list takes from settings."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from records import finding, request

from blocking.block import Blocked, Extended, Lifted, Why
from blocking.block_list import BlockList, Terms
from blocking.exempt import Exempt
from cli.arguments import parse_arguments
from cli.settings import configured
from exercise_config import Config, SettingError
from run.blocking import BEHIND, Blocker, exempted, open_blocker, process_settings, terms
from traffic.batch import RecordBatch

START = 1_795_366_930.0
CLIENT = "203.0.113.7"


class Listener:
    """A bouncer that remembers what it is told, like one that another part of the program could have."""

    name = "listener"
    warning = ""

    def __init__(self) -> None:
        self.refused: list[list[str]] = []
        self.closed = False

    def open(self) -> None:
        """Do nothing."""

    def sync(self, blocked: Mapping[str, float]) -> None:
        self.refused.append(list(blocked))

    def close(self) -> None:
        self.closed = True


def found(client: str = CLIENT) -> RecordBatch:
    return RecordBatch([finding(time=START, client=client, severity="high")])


def blocker(listener: Listener | None = None, front: str = "listener", **given: Any) -> Blocker:
    blocks = BlockList(Terms(dry_run=listener is None, **given), Exempt(["10.0.0.0/8"]))
    return Blocker(blocks, [front], [listener] if listener is not None else [])


def test_a_finding_is_an_event_and_the_bouncer_is_told() -> None:
    listener = Listener()
    run = blocker(listener)
    run.take(found())
    (event,) = run.advance(START + 1)
    assert isinstance(event, Blocked)
    assert listener.refused == [[CLIENT]]
    assert run.advance(START + 2) == []
    assert [type(event) for event in run.advance(START + 601)] == [Lifted]
    assert listener.refused[-1] == []
    run.close()
    assert listener.closed


def test_the_view_lists_those_that_offended_last_first() -> None:
    run = blocker()
    for client in (CLIENT, "203.0.113.8"):
        run.take(found(client))
    run.take(found("10.0.0.1"))
    run.advance(START + 1)
    view = run.view
    assert (view.fronts, view.dry_run, view.current, view.total) == (("listener",), True, 2, 2)
    assert [block.network for block in view.blocks] == ["203.0.113.8", CLIENT]
    assert view.spared == (("never blocked", 1),)


def test_the_end_tells_the_bouncer_and_everybody() -> None:
    listener = Listener()
    run = blocker(listener)
    run.take(found())
    events = run.end(START + 5)
    assert [(type(event), getattr(event, "why", None)) for event in events] == [(Blocked, None), (Lifted, Why.ENDED)]
    assert listener.refused[-1] == []


def test_for_nft_a_client_behind_a_proxy_has_a_note() -> None:
    for front, note in (("nft", BEHIND), ("haproxy", "")):
        run = blocker(front=front)
        run.take(RecordBatch([request(client=CLIENT, source="10.0.0.1")]))
        run.take(found())
        (event,) = run.advance(START + 1)
        assert event.block.note == note


def test_commands_list_lift_and_add() -> None:
    run = blocker()
    run.take(found())
    run.advance(START + 1)
    assert [block["network"] for block in run.answer({"command": "list"})["blocks"]] == [CLIENT]
    assert run.answer({"command": "lift", "address": CLIENT}) == {"lifted": True}
    assert run.answer({"command": "lift", "address": CLIENT}) == {"lifted": False}
    said = run.answer({"command": "add", "address": CLIENT, "seconds": 60, "reason": "a\nb"})["said"]
    assert said == [f"Would block {CLIENT} for 60 s: by hand: a b"]
    kinds = [type(event) for event in run.advance(START + 2)]
    assert kinds == [Lifted, Blocked]
    assert Extended not in kinds


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"command": "add", "address": "10.0.0.1"}, "never blocked"),
        ({"command": "add", "address": CLIENT, "seconds": 1e9}, "between 1 and"),
        ({"command": "add", "address": CLIENT, "seconds": float("nan")}, "between 1 and"),
        ({"command": "add", "address": CLIENT, "seconds": ["1"]}, "between 1 and"),
        ({"command": "add"}, "is not an address"),
        ({"command": ["lift"]}, "no command"),
        ({}, "no command"),
    ],
)
def test_wrong_commands_are_told_why(asked: dict[str, Any], error: str) -> None:
    assert error in blocker().answer(asked)["error"]


def of(*arguments: str) -> Config:
    return configured(parse_arguments(arguments), {})


def test_options_become_settings() -> None:
    config = of("--block", "nft", "--block", "haproxy", "--block-dry-run=false")
    assert (config.block, config.block_dry_run) == (("nft", "haproxy"), False)
    assert of("--block", "nft").block_dry_run
    assert of("--block", "nft", "--block-dry-run", "--set", "block_dry_run=false").block_dry_run
    assert of().block == ()


def test_who_is_never_blocked_follows_the_settings() -> None:
    blocks = BlockList(
        terms(of("--set", "block_allow=203.0.113.0/24"), dry_run=True),
        exempted(of("--set", "block_allow=203.0.113.0/24"), live=False),
    )
    for client in (CLIENT, "192.168.1.1", "127.0.0.1"):
        assert blocks.found(finding(client=client, severity="critical")) == []
    assert blocks.found(finding(client="198.51.100.7", severity="critical")) != []


@pytest.mark.parametrize("name", ["nft", "haproxy", "nginx"])
def test_the_process_gets_the_list_of_the_exempt(name: str) -> None:
    given = process_settings(name, parse_arguments(["-p", "80,443"]), Config(), exempted(Config(), live=False), None)
    assert given["name"] == name
    assert {"10.0.0.0/8", "224.0.0.0/3", "127.0.0.0/8"} <= {*given["never"]}


def test_only_our_own_tables_can_be_named() -> None:
    for table in ("filter", "http_monitor; flush ruleset", "http_monitor }"):
        config = of("--block", "nft", "--set", f"block_nft_table={table}")
        with ExitStack() as stack, pytest.raises(SettingError, match="block_nft_table"):
            open_blocker(parse_arguments(["--block", "nft"]), config, None, stack)
    config = of("--block", "nft", "--set", "block_allow=everybody")
    with ExitStack() as stack, pytest.raises(SettingError, match="block_allow"):
        open_blocker(parse_arguments(["--block", "nft"]), config, None, stack)
