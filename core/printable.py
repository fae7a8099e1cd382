"""Writes `wire/src/printable.rs`: which characters Python's `str.isprintable` refuses.

Run it with Python 3.11, whose table the decoders agree on: `python core/printable.py > core/wire/src/printable.rs`.
"""

import sys
from collections.abc import Iterator
from unicodedata import unidata_version

_HEAD = """\
//! Characters that are not shown: those that Python's `str.isprintable` refuses, by Unicode {version}.
//!
//! Written by `core/printable.py`; do not edit.

/// Ranges of code points, each from its first to its last, in ascending order.
#[rustfmt::skip]
pub(crate) static NOT_PRINTABLE: &[(u32, u32)] = &["""
_ON_A_LINE = 6


def ranges() -> Iterator[tuple[int, int]]:
    """The first and the last code point of each range that is not printable."""
    first = -1
    for code in range(sys.maxunicode + 2):
        hidden = code <= sys.maxunicode and not chr(code).isprintable()
        if hidden and first < 0:
            first = code
        elif not hidden and first >= 0:
            yield first, code - 1
            first = -1


def main() -> None:
    """Write the table."""
    print(_HEAD.format(version=unidata_version))
    texts = [f"(0x{first:X}, 0x{last:X})" for first, last in ranges()]
    for start in range(0, len(texts), _ON_A_LINE):
        print(f"    {', '.join(texts[start : start + _ON_A_LINE])},")
    print("];")


if __name__ == "__main__":
    main()
