"""Whatever is on the wire, the full screen shows it as text, and nothing happens."""

import re
import unicodedata
from typing import Any

import pytest
from full_desk import START, Ledger
from full_driver import Driven, drive
from records import ended, request
from rich.cells import cell_len

WORDS = (
    "[bold red]x[/bold red][@click=app.leave]press[/]",
    "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x00",
    "\u202egnp.exe\u2066\u200b\u200f\ufeff\u00ad\u2028",
    "a" + "\u0301" * 60 + "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufdfd\u3164\u2800",
    "日本語/ニュース" * 20,
    "\u05d0\u05d1\u0661\u0627 ा क्षि",
    "[" * 50 + "\\" * 50,
)


def ledger(word: str) -> Ledger:
    """Traffic that has the word wherever text is taken from the wire."""
    full = Ledger()
    records: list[Any] = []
    for number in range(20):
        asked = request(
            START + number,
            host=word,
            target=f"/{word}",
            method=word[:20],
            user_agent=word,
            referrer=word,
            client=word[:30],
            server=word[:30],
        )
        records += [asked, ended(asked, content_type=word, oddities=(word,))]
    full.health.oddities[word] += 1
    full.health.unreadable[word] += 1
    full.health.server_names[word] += 1
    full.warnings = (word,)
    full.count(records, START + 40)
    return full


def unsafe(text: str) -> list[str]:
    return [
        f"U+{ord(character):04X}"
        for character in text.replace("\n", "")
        if not character.isprintable() or unicodedata.bidirectional(character) in ("R", "AL", "AN", "RLE", "RLO", "RLI")
    ]


@pytest.mark.parametrize("word", WORDS)
def test_text_from_the_wire_is_shown_and_nothing_else(word: str) -> None:
    async def scenario(user: Driven) -> None:
        for keys in ([], ["enter"], ["enter"], ["escape"], ["escape"], ["h"], ["escape"], ["e"], ["enter"]):
            await user.press(*keys)
            assert unsafe(user.text()) == []
            assert all(cell_len(line) <= 100 for line in user.lines())
        await user.press("escape")
        for x, y in ((5, 12), (20, 12), (40, 12)):
            await user.pilot.click(offset=(x, y))
        await user.settle()
        assert user.app.is_running
        assert not user.app.error

    drive(scenario, ledger(word))


def test_markup_is_no_markup() -> None:
    async def scenario(user: Driven) -> None:
        assert "[bold red]x[/bold red]" in user.text()
        await user.press("slash")
        await user.type("[")
        assert re.search(r"! .*\[", user.text()) or "[bold red]" in user.text()

    drive(scenario, ledger(WORDS[0]), size=(160, 40))


def test_what_the_program_complains_with_is_shown_as_it_is() -> None:
    async def scenario(user: Driven) -> None:
        await user.refresh()
        assert "! [bold]broken[/bold] \\x1b[2J" in user.text()

    drive(scenario, complaints=iter([["[bold]broken[/bold] \x1b[2J"], *[[]] * 1000]).__next__)


def test_a_fault_of_the_steps_ends_the_screen_and_is_kept_for_the_caller() -> None:
    def broken() -> Any:
        yield 0.01
        raise RuntimeError("the steps broke")

    async def scenario(user: Driven) -> None:
        await user.settle()

    app = drive(scenario, steps=broken())
    assert isinstance(app.error, RuntimeError)


def test_after_the_end_of_a_file_the_screen_stays_until_the_user_leaves() -> None:
    def short() -> Any:
        yield 0.0
        return "the end"

    async def scenario(user: Driven) -> None:
        await user.settle()
        await user.press("j", "enter", "escape")
        assert user.app.is_running
        assert user.app.state.window == 86400, "all of it is shown first"
        await user.press("q")

    app = drive(scenario, steps=short(), stays=True)
    assert app.return_value == "the end"
