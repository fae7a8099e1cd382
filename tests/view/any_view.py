"""Any View at all, with any text that a hostile peer can send.

Made from the fields of its types, so that new fields are found by themselves.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import EnumMeta
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from view.view import View

NASTY = st.sampled_from(
    ["\x1b[2J", "\x7f", "\u202e", "\u200d", "\u2028", "日本", "e\u0301", "\n", "\x00", "אב", "\ud800", "\"'`",
     "<script>", "</style>", "</svg>", "<!--", "&amp;", "{{ 7 * 7 }}", "javascript:alert(1)"]
)  # fmt: skip
TEXT = st.lists(st.one_of(NASTY, st.text(max_size=4)), max_size=3).map("".join)
PLAIN: Final[Mapping[type, st.SearchStrategy[Any]]] = {
    str: TEXT,
    int: st.integers(0, 10**13),
    float: st.floats(0, 1e15),
    bool: st.booleans(),
    NoneType: st.none(),
}
LENGTHS = ("bucket_size", "retention", "window", "width")
"""In seconds; there is none of nothing."""


def any_of(hint: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Any value of a type that stands in a View, for the field `name`."""
    if name == "state":
        return st.sampled_from(["LEARNING", "NORMAL", "ALERT", "DISMISSED"])
    if name in LENGTHS and hint is float:
        return st.floats(0.05, 1e9)
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, EnumMeta):
        return st.sampled_from(list(hint))
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field: any_of(hints[field], field) for field in hints})  # type: ignore[arg-type]
    return _composed(hint)


def _composed(hint: Any) -> st.SearchStrategy[Any]:
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([any_of(part) for part in parts])
    assert get_origin(hint) is tuple, f"no strategy for {hint}"
    if parts[-1] is Ellipsis:
        return st.lists(any_of(parts[0]), max_size=2).map(tuple)
    return st.tuples(*(any_of(part) for part in parts))


ANY_VIEW: st.SearchStrategy[View] = any_of(View)


def types_of(hint: Any) -> set[type]:
    """The dataclasses that a type is made of, itself among them."""
    if is_dataclass(hint):
        own = {hint} if isinstance(hint, type) else set()
        return own.union(*(types_of(part) for part in get_type_hints(hint).values()))
    return set().union(*(types_of(part) for part in get_args(hint)))
