"""Signs of evasion in content codings: what is declared (RFC 9110 section 8.4), and whether the body agrees. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from detection.codings import CHECKSUM, MALFORMED, TOO_MANY, TRAILING, TRUNCATED, UNKNOWN, decoded
from detection.evasions import Found
from detection.messages import Message
from traffic.finding import LOW, MEDIUM

_REGISTERED: Final = frozenset(
    (
        b"aes128gcm", b"br", b"compress", b"dcb", b"dcz", b"deflate", b"exi", b"gzip", b"identity", b"pack200-gzip",
        b"x-compress", b"x-gzip", b"zstd",
    )
)  # fmt: skip
"""Content codings of the IANA registry."""
_WHITE: Final = b" \t"
_GZIP: Final = b"\x1f\x8b\x08"
_RESERVED, _UNUSUAL = 0xE0, 0x17
"""Flags of a gzip header (RFC 1952 section 2.3.1): those that must be 0; those that hardly any server sets, which are
all others but the one for the name of a file.
"""
_TRIED: Final = 4096
"""Bytes to inflate of a body whose coding is unknown."""


def coding_signs(message: Message, body: bytes, *, whole: bool) -> Iterator[Found]:
    """Yield the signs in the content codings of a message.

    `body` still has them; it is `whole` if no byte is missing.
    """
    values = message.values(b"content-encoding")
    if not values:
        return
    names = [name.strip(_WHITE).lower() for name in b",".join(values).split(b",")]
    real = [name for name in names if name not in (b"", b"identity")]
    yield from _of_names(names, real, len(values))
    if body and real:
        yield from _of_problem(message.coding_problem, real, body, whole=whole)
        yield from _of_gzip(real, body)


def _of_names(names: Sequence[bytes], real: Sequence[bytes], fields: int) -> Iterator[Found]:
    if b"identity" in names:
        yield Found(MEDIUM if real else LOW, "identity-coding", "Content-Encoding names identity")
    if b"" in names:
        yield Found(LOW, "empty-coding", "Content-Encoding has an empty name")
    if len(real) > 1:
        # Programs that talk to their own servers add codings of their own, and broken proxies compress once more.
        severe = _REGISTERED.issuperset(real) and (len(real) > 2 or len({*real}) > 1)
        yield Found(MEDIUM if severe else LOW, "several-codings", f"{len(real)} content codings")
    if fields > 1:
        yield Found(LOW, "repeated-coding", f"{fields} fields Content-Encoding")
    if {*real} & {b"x-gzip", b"x-compress"}:
        yield Found(LOW, "obsolete-coding", "an obsolete name of a content coding")


def _of_problem(problem: str, real: Sequence[bytes], body: bytes, *, whole: bool) -> Iterator[Found]:
    if problem == CHECKSUM and whole:
        yield Found(MEDIUM, "coding-checksum", "the checksum of the compressed body is wrong")
    elif problem == TRAILING:
        yield Found(LOW, "coding-trailer", "bytes follow the compressed body")
    elif problem == TRUNCATED and whole:
        yield Found(LOW, "coding-truncated", "the compressed body has no end")
    elif problem == MALFORMED and whole and _REGISTERED.issuperset(real):
        severity = MEDIUM if len(real) > 1 or _is_compressed(body) else LOW
        yield Found(severity, "coding-mismatch", f"the body is not {_text(real[-1])}, as it claims")
    elif problem == TOO_MANY:
        yield Found(MEDIUM, "several-codings", "more content codings than anybody undoes")
    if not _REGISTERED.issuperset(real):
        unknown = next(name for name in real if name not in _REGISTERED)
        severity = MEDIUM if problem.startswith(UNKNOWN) and _is_compressed(body) else LOW
        yield Found(severity, "unknown-coding", f"unknown content coding {_text(unknown)}")
    if b"deflate" in real:
        yield Found(LOW, "deflate-coding", "deflate, which clients read in two ways")


def _of_gzip(real: Sequence[bytes], body: bytes) -> Iterator[Found]:
    if not body.startswith(_GZIP) or len(body) < len(_GZIP) + 1:
        return
    flags = body[len(_GZIP)]
    if flags & _RESERVED:
        yield Found(MEDIUM, "gzip-flags", "reserved flags in the gzip header")
    elif flags & _UNUSUAL and real[-1].endswith(b"gzip"):
        yield Found(LOW, "gzip-flags", "unusual flags in the gzip header")


def _is_compressed(body: bytes) -> bool:
    """Return whether a body is compressed, whatever is said of it: gzip, zlib, or deflate with something in it."""
    if body.startswith(_GZIP):
        return True
    plain, problem, _ = decoded(body[:_TRIED], b"deflate", 2 * _TRIED)
    return problem != MALFORMED and len(plain) >= len(body[:_TRIED]) // 2 > 0


def _text(name: bytes) -> str:
    return name[:40].decode("ascii", "backslashreplace")
