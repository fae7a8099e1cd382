"""The picture of the full screen in the README."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))

from picture import FLEET, SCREEN, SHOWN, Subject, picture


def test_a_screen_becomes_a_picture_with_its_texts_and_colours() -> None:
    drawn = picture("plain \x1b[38;2;255;0;1mred\x1b[0m\nsecond line\n", "the command")
    texts = "".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    assert "plain " in texts
    assert "second line" in texts
    assert "the command" in texts
    assert "#ff0001" in drawn


@pytest.mark.parametrize("subject", [SCREEN, FLEET], ids=["screen", "fleet"])
def test_the_picture_shows_an_alert_and_loads_nothing(subject: Subject) -> None:
    drawn = subject.file.read_text(encoding="utf-8")
    assert SHOWN in "".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    assert "url(http" not in drawn
    assert 'url("http' not in drawn
