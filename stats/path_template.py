"""Replaces the variable parts of paths, so that `/users/123` and `/users/124` count as one. Pure."""

import re
from functools import lru_cache
from typing import Final

from traffic.text import UNKNOWN

SEGMENTS: Final = 8
"""Maximum segments of a path; the rest becomes `...`, so that endless paths do not make endless keys."""
_KINDS: Final = (
    ("{id}", re.compile(r"\d+")),
    ("{uuid}", re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)),
    ("{date}", re.compile(r"\d{4}-\d{2}(?:-\d{2})?")),
    ("{hex}", re.compile(r"(?=[a-f]*\d)[0-9a-f]{7,}", re.IGNORECASE)),
    ("{token}", re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[\w=~-]{20,}", re.ASCII)),
)
_CHANGING: Final = re.compile(r"\d")


@lru_cache(maxsize=4096)
def path_template(path: str) -> str:
    """Return a template such as `/users/{id}/orders/{hex}`: it replaces numbers, UUIDs (RFC 9562), dates, hashes and
    tokens.

    A file keeps its extension: `/img/{hex}.png`.
    """
    segments = path.split("/", SEGMENTS + 2)
    if len(segments) > SEGMENTS + 1:
        segments[SEGMENTS + 1 :] = ["..."]
    return "/".join(_named(segment) if _CHANGING.search(segment) else segment for segment in segments)


def host_and_path(domain: str, path: str, templates: bool) -> str:
    """Return `my.site.com/pages/create`, for example; with `templates`, its path is a template."""
    if path == UNKNOWN:
        return f"{domain}/{path}"
    return domain + (path_template(path) if templates else path)


def section_template(section: str) -> str:
    """Return a template such as `my.site.com/{id}`. The host is never changed."""
    host, slash, first = section.partition("/")
    return host + slash + path_template(first)


def _named(segment: str) -> str:
    stem, dot, ending = segment.rpartition(".")
    if not dot or len(ending) > 5 or not ending.isalnum() or ending.isdigit():
        stem, dot, ending = segment, "", ""
    kind = next((name for name, pattern in _KINDS if pattern.fullmatch(stem)), stem)
    return f"{kind}{dot}{ending}"
