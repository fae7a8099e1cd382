"""The picture of the full screen in the README."""

import sys
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))

from picture import PICTURE, SHOWN, picture


def test_a_screen_becomes_a_picture_with_its_texts_and_colours() -> None:
    drawn = picture("plain \x1b[38;2;255;0;1mred\x1b[0m\nsecond line\n")
    texts = "".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    assert "plain " in texts
    assert "second line" in texts
    assert "#ff0001" in drawn


def test_the_picture_shows_an_alert_and_loads_nothing() -> None:
    drawn = PICTURE.read_text(encoding="utf-8")
    assert SHOWN in "".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    assert "url(http" not in drawn
    assert 'url("http' not in drawn
