"""What rules do to a buffer before they look at it. Pure.

https://docs.suricata.io/en/latest/rules/transforms.html
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes


def _without_spaces(text: bytes) -> bytes:
    return re.sub(rb"\s+", b"", text)


def _with_one_space(text: bytes) -> bytes:
    return re.sub(rb"\s+", b" ", text)


def _dotted(text: bytes) -> bytes:
    return b"." + text


def _digest(name: str) -> Callable[[bytes], bytes]:
    return lambda text: hashlib.new(name, text, usedforsecurity=False).digest()


TRANSFORMS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "dotprefix": _dotted,
        "to_lowercase": bytes.lower,
        "to_uppercase": bytes.upper,
        "url_decode": lambda text: unquote_to_bytes(text.replace(b"+", b" ")),
        "strip_whitespace": _without_spaces,
        "compress_whitespace": _with_one_space,
        "to_md5": _digest("md5"),
        "to_sha1": _digest("sha1"),
        "to_sha256": _digest("sha256"),
    }
)
