"""Which parts of an exchange the variables of a rule stand for. Pure."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from detection.waf.expressions import ExpressionError, translated

_VARIABLE: Final = re.compile(r"([!&]*)(\w+)(?::('(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/|[^|]*))?(?:\||$)", re.DOTALL)
_PARTS: Final = {
    "ARGS": ("query_argument", "body_argument"),
    "ARGS_NAMES": ("query_argument_name", "body_argument_name"),
    "ARGS_GET": ("query_argument",), "ARGS_GET_NAMES": ("query_argument_name",),
    "ARGS_POST": ("body_argument",), "ARGS_POST_NAMES": ("body_argument_name",),
    "REQUEST_HEADERS": ("header",), "REQUEST_HEADERS_NAMES": ("header_name",),
    "REQUEST_COOKIES": ("cookie",), "REQUEST_COOKIES_NAMES": ("cookie_name",),
    "REQUEST_METHOD": ("method",), "REQUEST_LINE": ("line",), "REQUEST_PROTOCOL": ("protocol",),
    "REQUEST_URI": ("uri",), "REQUEST_URI_RAW": ("uri_raw",), "REQUEST_FILENAME": ("filename",),
    "REQUEST_BASENAME": ("basename",), "QUERY_STRING": ("query",),
    "REQUEST_BODY": ("body",), "REQUEST_BODY_LENGTH": ("body_length",),
    "RESPONSE_STATUS": ("status",),
    "RESPONSE_HEADERS": ("response_header",), "RESPONSE_HEADERS_NAMES": ("response_header_name",),
    "RESPONSE_BODY": ("response_body",),
    **dict.fromkeys((
        "REQBODY_ERROR", "REQBODY_PROCESSOR_ERROR", "MULTIPART_STRICT_ERROR", "MULTIPART_UNMATCHED_BOUNDARY",
        "MULTIPART_BOUNDARY_QUOTED", "MULTIPART_BOUNDARY_WHITESPACE", "MULTIPART_DATA_BEFORE",
        "MULTIPART_DATA_AFTER", "MULTIPART_HEADER_FOLDING", "MULTIPART_LF_LINE", "MULTIPART_CRLF_LF_LINES",
        "MULTIPART_INVALID_QUOTING", "MULTIPART_INVALID_HEADER_FOLDING", "MULTIPART_INVALID_PART",
        "MULTIPART_FILE_LIMIT_EXCEEDED", "MULTIPART_MISSING_SEMICOLON",
    ), ("body_error",)),
    **dict.fromkeys((
        "XML", "FILES", "FILES_NAMES", "FILES_SIZES", "FILES_TMPNAMES", "FILES_TMP_CONTENT", "MULTIPART_PART_HEADERS",
        "MULTIPART_FILENAME", "MULTIPART_NAME",
    ), ("absent",)),
}  # fmt: skip
"""`absent` has no values: bodies of the kinds that have them always go to the engine."""
_COUNTABLE: Final = frozenset(("header", "header_name", "response_header", "response_header_name", "absent"))
"""Parts whose values are as many as in the engine."""
_COLLECTIONS: Final = ("ARGS", "REQUEST_HEADERS", "REQUEST_COOKIES", "RESPONSE_HEADERS")
"""Variables whose values have names."""
_NAMES_OF: Final = {"cookie": "cookie_name", "query_argument": "query_argument_name", "header": "header_name"}


class Variable(NamedTuple):
    """A variable as a rule names it."""

    prefix: str
    """`!` leaves it out, `&` counts it."""
    name: str
    selector: str
    """Name or expression after the colon; empty for all."""

    @property
    def expression(self) -> str:
        """The expression of the selector; empty if it is a name."""
        text = self.selector
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "/" else ""


class Subject(NamedTuple):
    """Values that a test looks at."""

    part: str
    name: bytes | None
    """Of this name only, in lower case; None for all."""
    but: tuple[bytes, ...]
    """Not of these names."""
    counted: bool
    """Their number instead."""


def variables(text: str) -> list[Variable]:
    """Return the variables of a rule; one without a name if they cannot be read."""
    found = []
    place = 0
    while place < len(text):
        variable = _VARIABLE.match(text, place)
        if variable is None:
            return [Variable("", "", "")]
        found.append(Variable(variable[1], variable[2].upper(), (variable[3] or "").strip("'")))
        place = variable.end()
    return found


def subjects(wanted: list[Variable]) -> list[Subject] | None:
    """Return what variables stand for, or more; None if one is not known."""
    left_out = [variable for variable in wanted if "!" in variable.prefix]
    found: list[Subject] = []
    for variable in wanted:
        if "!" in variable.prefix:
            continue
        parts = _PARTS.get(variable.name)
        counted = "&" in variable.prefix
        by_name = variable.selector and not variable.expression and variable.name.startswith(_COLLECTIONS)
        named = _bytes(variable.selector.lower()) if by_name else None
        if parts is None or (counted and (variable.expression or not _COUNTABLE.issuperset(parts))):
            return None
        found += (Subject(part, named, _but(part, variable, left_out), counted) for part in parts)
    return found


def names_needed(wanted: list[Variable]) -> Iterator[tuple[str, str]]:
    """Yield part and expression for a name that must exist, if the only variable selects by an expression."""
    if len(wanted) == 1 and wanted[0].expression and not wanted[0].prefix:
        parts = _PARTS.get(wanted[0].name, ())
        if len(parts) == 1 and parts[0] in _NAMES_OF:
            try:
                yield _NAMES_OF[parts[0]], "(?i)" + translated(wanted[0].expression).pattern
            except ExpressionError:
                return


def _but(part: str, variable: Variable, left_out: list[Variable]) -> tuple[bytes, ...]:
    """Return the names of fields left out; names of other parts may be compared otherwise than here."""
    if not part.endswith("header") or variable.selector:
        return ()
    chosen = (other for other in left_out if other.name == variable.name and not other.expression and other.selector)
    return tuple(_bytes(other.selector.lower()) for other in chosen)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
