"""The valid values of a setting, derived from its annotation, and the messages for invalid ones."""

from typing import Annotated, Any, Literal

import pytest

from settings.setting import SECRET, Range, SettingError, find, settings_of


class Owner:
    pause: Annotated[float, Range(0.5, 60, "s")] = 2
    rows: Annotated[int, Range(1, 100, "rows")] = 10
    loud: bool = False
    greeting: str = ""
    theme: Literal["dark", "light"] = "dark"
    names: Annotated[tuple[str, ...], "names of planets"] = ()
    moons: tuple[Literal["io", "europa"], ...] = ()
    password: Annotated[str, SECRET] = ""


SETTINGS = settings_of(Owner)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("pause", "2.5", 2.5),
        ("rows", "7", 7),
        ("loud", "Yes", True),
        ("loud", "off", False),
        ("greeting", "a, b", "a, b"),
        ("theme", "light", "light"),
        ("names", " mars,venus, ,", ("mars", "venus")),
        ("names", "", ()),
        ("moons", "europa, io", ("europa", "io")),
        ("password", "x", "x"),
    ],
)
def test_a_text_is_converted_to_a_valid_value(name: str, text: str, value: Any) -> None:
    parsed = SETTINGS[name].parse(text)
    assert (parsed, type(parsed)) == (value, type(value))
    SETTINGS[name].check(parsed)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("pause", 0.4, "a number from 0.5 to 60 s"),
        ("pause", float("nan"), "a number from 0.5 to 60 s"),
        ("pause", True, "a number from 0.5 to 60 s"),
        ("pause", "2", "a number from 0.5 to 60 s"),
        ("rows", 1.5, "a whole number from 1 to 100 rows"),
        ("rows", 101, "a whole number from 1 to 100 rows"),
        ("loud", 1, "true or false (or yes, no, on, off)"),
        ("greeting", 5, "text"),
        ("theme", "blue", "dark or light"),
        ("theme", ["dark"], "dark or light"),
        ("names", ("mars", 4), 'names of planets: a,b with --set, ["a", "b"] in a file; +a,+b adds to the list'),
        (
            "moons",
            ("io", "luna"),
            'names out of io, europa: a,b with --set, ["a", "b"] in a file; +a,+b adds to the list',
        ),
        ("names", "mars", 'names of planets: a,b with --set, ["a", "b"] in a file; +a,+b adds to the list'),
    ],
)
def test_an_invalid_value_is_reported_with_the_valid_ones(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(SettingError) as error:
        SETTINGS[name].check(value)
    assert str(error.value) == f"{name} = {value!r} is not allowed: {allowed}"


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [("moons", ("io", "eurpoa"), "europa"), ("theme", "drak", "dark"), ("theme", "lihgt", "light")],
)
def test_the_closest_choice_is_suggested(name: str, value: Any, near: str) -> None:
    with pytest.raises(SettingError) as error:
        SETTINGS[name].check(value)
    assert str(error.value) == f"{name} = {value!r} is not allowed; did you mean {near!r}?"


@pytest.mark.parametrize(("name", "text"), [("pause", "x"), ("rows", "1.5"), ("loud", "maybe"), ("rows", "")])
def test_an_invalid_text_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingError, match="is not allowed"):
        SETTINGS[name].parse(text)


def test_a_secret_appears_in_no_message() -> None:
    assert SETTINGS["password"].secret
    assert not SETTINGS["greeting"].secret
    assert "5150" not in str(SETTINGS["password"].refusal(5150))


def test_the_closest_name_is_suggested() -> None:
    assert find(SETTINGS, "rows") is SETTINGS["rows"]
    with pytest.raises(SettingError, match=r"^no setting 'raws'; did you mean 'rows'"):
        find(SETTINGS, "raws")
    with pytest.raises(SettingError, match="no setting 'zzz'; see --show-config"):
        find(SETTINGS, "zzz")
