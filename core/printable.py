"""Writes `wire/src/printable.rs`, the table of characters that Python's `str.isprintable` rejects.

Run it with Python 3.11, on whose table the decoders agree: `python core/printable.py > core/wire/src/printable.rs`.
"""

import sys
from collections.abc import Iterator
from unicodedata import unidata_version

_HEAD = """\
//! Characters that must be escaped: those that Python's `str.isprintable` rejects, according to Unicode {version}.
//!
//! Written by `core/printable.py`; do not edit.

/// Ranges of code points, first and last, in ascending order.
#[rustfmt::skip]
pub(crate) static NOT_PRINTABLE: &[(u32, u32)] = &["""
_ON_A_LINE = 6


def ranges() -> Iterator[tuple[int, int]]:
    """Yield the first and the last code point of each unprintable range."""
    first = -1
    for code in range(sys.maxunicode + 2):
        hidden = code <= sys.maxunicode and not chr(code).isprintable()
        if hidden and first < 0:
            first = code
        elif not hidden and first >= 0:
            yield first, code - 1
            first = -1


def main() -> None:
    """Print the table."""
    print(_HEAD.format(version=unidata_version))
    texts = [f"(0x{first:X}, 0x{last:X})" for first, last in ranges()]
    for start in range(0, len(texts), _ON_A_LINE):
        print(f"    {', '.join(texts[start : start + _ON_A_LINE])},")
    print("];")


if __name__ == "__main__":
    main()
