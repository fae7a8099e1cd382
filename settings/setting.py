"""One setting and its valid values, derived from the annotation of a field of `Config`.

    average_threshold: Annotated[float, Range(0, 1e6, "percent")] = 10
    log_credentials: bool = False
    colour_theme: Literal["dark", "light"] = "dark"
    statistics: Annotated[tuple[str, ...], "names of files in stats/"] = ("request_rate",)
    protocols: tuple[Literal["http2", "tls"], ...] = ("tls",)
    mail_password: Annotated[str, SECRET] = ""

A text after the type says what is valid, if the type alone does not.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

from settings.closest import did_you_mean

SECRET: Final = "text that is never shown"
_SWITCH: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_WORDS: Final = {bool: "true or false (or yes, no, on, off)", str: "text", tuple: "list of texts"}


class Range(NamedTuple):
    """The range of valid numbers, including both ends, and their unit."""

    lowest: float
    highest: float
    unit: str


class SettingError(ValueError):
    """A setting is unknown, or its value is invalid. The text is one line for the user."""


@dataclass(frozen=True)
class Setting:
    """A setting's name and its valid values."""

    name: str
    base: type
    """`bool`, `int`, `float`, `str` or `tuple` (of texts)."""
    span: Range | None
    """Range of a number."""
    choices: tuple[str, ...]
    """The only valid texts, or texts of a list; empty if all texts are valid."""
    words: str
    """What is valid, in words."""

    @property
    def secret(self) -> bool:
        """Whether the value must not be shown."""
        return self.words == SECRET

    @property
    def allowed(self) -> str:
        """What is valid, as told to the user."""
        if self.base is not tuple:
            return self.words
        return f'{self.words}: a,b with --set, ["a", "b"] in a file; +a,+b adds to the list'

    @property
    def kind_in_words(self) -> str:
        """The kind of value, for a reader of the settings; empty if it is obvious."""
        if self.choices and self.base is not tuple:
            return f"One of: {', '.join(self.choices)}"
        plain = self.span is None and self.base is not tuple
        return "" if plain else self.words[0].upper() + self.words[1:]

    def parse(self, text: str) -> Any:
        """Convert a text from the command line, without checking its range.

        Raises:
            SettingError: the text is not a value of this kind.
        """
        try:
            return _PARSERS[self.base](text)
        except (ValueError, KeyError):
            raise self.refusal(text) from None

    def check(self, value: Any) -> None:
        """Check a value.

        Raises:
            SettingError: the value is invalid.
        """
        if not self._fits(value):
            raise self.refusal(value)

    def extended(self, value: Any, base: Any) -> Any:
        """Return the value; if it is a list of texts that begin with `+`, add these texts to `base`.

        Raises:
            SettingError: only some of the texts begin with `+`.
        """
        plus = [isinstance(part, str) and part.startswith("+") for part in value] if self.base is tuple else []
        if not any(plus):
            return value
        if not all(plus):
            raise self.refusal(value)
        return tuple(dict.fromkeys((*base, *(part[1:] for part in value))))

    def refusal(self, value: Any) -> SettingError:
        """Return the error for an invalid value."""
        shown = "(not shown)" if self.secret else repr(value)
        near = self._nearest(value)
        return SettingError(f"{self.name} = {shown} is not allowed" + (f"; {near}" if near else f": {self.allowed}"))

    def _nearest(self, value: Any) -> str:
        """Return a question that names the choice closest to the first text that is none; empty if none is close."""
        texts = value if self.base is tuple and isinstance(value, tuple) else (value,)
        strange = (text for text in texts if isinstance(text, str) and text not in self.choices)
        return did_you_mean(next(strange, ""), self.choices)

    def _fits(self, value: Any) -> bool:
        if self.span is not None:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            whole = self.base is float or isinstance(value, int)
            return number and whole and self.span.lowest <= value <= self.span.highest
        if self.base is tuple:
            return isinstance(value, tuple) and all(map(self._is_choice, value))
        return isinstance(value, self.base) and (not self.choices or value in self.choices)

    def _is_choice(self, part: Any) -> bool:
        return isinstance(part, str) and (not self.choices or part in self.choices)


def settings_of(owner: type) -> dict[str, Setting]:
    """Return the settings of a class by name, in the order of its fields."""
    return {name: _setting(name, kind) for name, kind in get_type_hints(owner, include_extras=True).items()}


def find(settings: Mapping[str, Setting], name: str) -> Setting:
    """Return the setting with that name.

    Raises:
        SettingError: the setting does not exist; the closest name is suggested.
    """
    if name not in settings:
        raise SettingError(f"no setting {name!r}" + _hint(name, settings))
    return settings[name]


def _hint(name: str, names: Iterable[str]) -> str:
    return f"; {did_you_mean(name, names) or 'see --show-config'}"


def _setting(name: str, kind: Any) -> Setting:
    (kind, note) = get_args(kind) if get_origin(kind) is Annotated else (kind, None)
    part = get_args(kind)[0] if get_origin(kind) is tuple else kind
    choices = get_args(part) if get_origin(part) is Literal else ()
    base = str if choices and part is kind else get_origin(kind) or kind
    span = note if isinstance(note, Range) else None
    return Setting(name, base, span, choices, _words(base, span, choices, note))


def _words(base: type, span: Range | None, choices: tuple[str, ...], note: Any) -> str:
    if span is not None:
        whole = "a whole number" if base is int else "a number"
        return f"{whole} from {_number(span.lowest)} to {_number(span.highest)} {span.unit}"
    if choices:
        return f"names out of {', '.join(choices)}" if base is tuple else " or ".join(choices)
    return note or _WORDS[base]


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PARSERS: Final[dict[type, Callable[[str], Any]]] = {
    bool: lambda text: _SWITCH[text.lower()],
    int: int,
    float: float,
    str: str,
    tuple: _parts,
}
