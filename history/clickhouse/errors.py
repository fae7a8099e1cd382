"""Errors of ClickHouse and of the way to it, as one line that names the fix. Pure."""

from collections.abc import Iterator
from typing import Final

from history.address import StoreAddress
from history.clickhouse.dialect import OLDEST
from history.record import StoreError

INIT: Final = "run: exercise.py store init --store URL, as a user who may create tables"
LENGTH: Final = 200
"""Maximum characters of a server's text; it may quote names from the wire."""
_FIXES: Final = {
    16: f"its tables are of another version; {INIT}",
    47: f"its tables are of another version; {INIT}",
    60: f"its tables are missing; {INIT}",
    81: f"the database does not exist; {INIT}",
    115: "the server is too old or too new for this program",
    159: "the server took too long; try a shorter span",
    164: "the user may only read",
    192: "no such user; see exercise.py store users",
    193: "wrong password",
    194: "a password is needed: ?password_file=FILE",
    201: "the user's quota is used up; it is in the output of exercise.py store users",
    202: "the server is busy: too many queries at once",
    241: "the server is out of memory; try a shorter span, or raise max_memory_usage",
    242: "its tables are read-only because the server cannot reach Keeper or ZooKeeper; start that",
    243: "its disk is full",
    252: "the server cannot merge as fast as sensors write (too many parts); it will be tried again",
    279: "no server of a shard answers; start one of them",
    341: "not all servers of the cluster took part; start the others, and try again",
    497: "the user lacks a right; see exercise.py store users",
    516: "wrong user, password or certificate; see password_file, cert and exercise.py store users",
    701: "no cluster of that name; it is in remote_servers of the server's configuration",
}
"""What to do, by the server's error code: https://github.com/ClickHouse/ClickHouse, src/Common/ErrorCodes.cpp."""
_REFUSED: Final = frozenset({128, 131, 321, 349, 407, 469})
"""Codes that mean that a value can never be stored."""
_FILES: Final = "cannot read a file of ca=, cert= or key=; are they PEM, and may this user read them?"
_FAULTS: Final = (
    ("No such file", _FILES),
    ("Permission denied", _FILES),
    ("[SSL] PEM lib", _FILES),
    ("mismatch", "its certificate is for another name; use the name in the certificate"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted; name who signed it with ?ca=FILE"),
    ("WRONG_VERSION_NUMBER", "no TLS at this port; use the HTTPS port, or ?tls=no"),
    ("CERTIFICATE_REQUIRED", "it wants a certificate: ?cert=FILE&key=FILE"),
    ("HANDSHAKE_FAILURE", "it wants a certificate: ?cert=FILE&key=FILE"),
    ("UNKNOWN_CA", "it does not trust our certificate; see ?cert=FILE"),
    ("refused", "connection refused; is the server up, and the port right?"),
    ("resolve", "host not found"),
    ("unreachable", "no route to the host"),
    ("timed out", "timed out"),
    ("RemoteDisconnected", "connection lost"),
    ("reset", "connection lost"),
    ("Broken pipe", "connection lost"),
)
"""What a text in the chain of causes means; the first that is found counts."""


def refusal(address: StoreAddress, code: int, text: str) -> StoreError:
    """Return the error for what a server refused, by its code and text."""
    fix = _FIXES.get(code) or f"error {code}: {_one_line(text)}"
    return StoreError(f"{address}: {fix}", refused=code in _REFUSED)


def unreached(address: StoreAddress, error: BaseException) -> StoreError:
    """Return the error for a server that did not answer."""
    told = [f"{type(each).__name__} {each}" for each in _chain(error)]
    for sign, meaning in _FAULTS:
        if any(sign.lower() in text.lower() for text in told):
            return StoreError(f"{address}: {meaning}")
    return StoreError(f"{address}: no answer from ClickHouse: {_one_line(str(error))}")


def unwritable(address: StoreAddress, error: BaseException) -> StoreError:
    """Return the error for values that cannot be encoded, and never will be."""
    return StoreError(f"{address}: records cannot be stored: {_one_line(str(error))}", refused=True)


def misused(address: StoreAddress, error: BaseException) -> StoreError:
    """Return the error for what the driver does not do for this user."""
    return StoreError(f"{address}: {_one_line(str(error))}; see exercise.py store users")


def too_old(address: StoreAddress, version: str) -> StoreError:
    """Return the error for a server that lacks what is needed."""
    year, month = OLDEST
    return StoreError(f"{address}: ClickHouse {_one_line(version)} is too old; {year}.{month} or later is needed")


def missing_package() -> StoreError:
    """Return the error for the driver that is not installed."""
    return StoreError(
        "clickhouse:// needs the package clickhouse-connect; run: pip install -r requirements-clickhouse.txt"
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Iterate over an error and what caused it, which urllib3 has in `reason` too; at most ten."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < 10:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in seen:
            seen.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None)]
    return iter(seen)


def _one_line(text: str) -> str:
    shown = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(shown.split())[:LENGTH]
