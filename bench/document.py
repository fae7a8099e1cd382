"""Replaces the part of a document that the benchmark writes, between two marks."""

from typing import Final

BEGIN: Final = "<!-- printed by make bench, from here -->"
END: Final = "<!-- to here -->"


def placed(document: str, text: str) -> str:
    """Return the document with this text between its marks.

    Raises:
        ValueError: the document has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}"
