"""When owners of connections are looked up: live, with the core, unless switched off."""

import sys
from dataclasses import replace
from typing import Any

import pytest

from cli.arguments import parse_arguments
from exercise_config import Config
from run import opening
from run.decoding import limits


class Started:
    """Takes the place of the helper, and notes how it is started."""

    def __init__(self, interface: str, ports: Any, *, others: bool, user: Any) -> None:
        self.how = (interface, str(ports), others)


def chosen(monkeypatch: pytest.MonkeyPatch, *arguments: str, owners: Any = "all", core: object = object()) -> Any:
    monkeypatch.setattr(opening, "OwnerSource", Started)
    monkeypatch.setattr(opening, "CORE", core)
    config = replace(Config(), owners=owners)
    return opening.owner_source(parse_arguments(arguments), config, None)


@pytest.mark.skipif(sys.platform != "linux", reason="owners are looked up on Linux only")
@pytest.mark.parametrize(("owners", "others"), [("all", True), ("host", False)])
def test_a_live_run_looks_owners_up(monkeypatch: pytest.MonkeyPatch, owners: str, others: bool) -> None:
    assert chosen(monkeypatch, "-i", "lo", "-p", "8080", owners=owners).how == ("lo", "8080", others)


def test_files_do_not_say_who_sent_their_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, "-r", "small.pcap") is None


def test_owners_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, owners="none") is None
    assert parse_arguments(["--owners", "none"]).settings == {"owners": "none"}


def test_the_reference_knows_no_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, core=None) is None


@pytest.mark.skipif(sys.platform != "linux", reason="owners are looked up on Linux only")
def test_a_helper_that_does_not_start_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(opening, "CORE", object())
    monkeypatch.setattr(opening, "OwnerSource", refuse)
    assert opening.owner_source(parse_arguments(["-i", "lo"]), Config(), None) is None
    why = "Cannot allocate memory; try --owners none"
    assert capsys.readouterr().err == f"exercise.py: owners of connections are unknown: {why}\n"


def test_owners_are_remembered_only_if_they_are_looked_up() -> None:
    config = Config()
    assert (limits(config).owners, limits(config, owners=True).owners) == (0, config.max_owners)
