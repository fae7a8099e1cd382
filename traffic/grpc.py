"""Status codes of gRPC (its document "Status codes and their use in gRPC")."""

from typing import Final

_NAMES: Final = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


def failed(code: int | None) -> bool:
    """Return whether a call ended with another status than OK; one without a status was not a failure."""
    return code is not None and code > 0


def is_named(code: int) -> bool:
    """Return whether gRPC defines a code. Servers may send others."""
    return 0 <= code < len(_NAMES)


def status_name(code: int) -> str:
    """Return the code with its name, such as `14 UNAVAILABLE`; a code without a name alone."""
    return f"{code} {_NAMES[code]}" if is_named(code) else str(code)
