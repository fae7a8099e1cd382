"""Writes new files that the user names, with the rights that the program has left. This is an I/O edge.

Where the program locks itself down, a process outside the lock does it. It trusts no request: it writes only what
nobody runs or reads as settings.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Final

OWNER_ONLY: Final = 0o600
"""Permissions of the file, because it says who requested what."""
ENDINGS: Final = (".csv", ".json", ".jsonl", ".ndjson", ".txt", ".log")
"""Names that another process agrees to."""


class NewFiles:
    """Writes them in this process."""

    def write(self, path: str, lines: Iterable[str]) -> None:
        """Write all lines to a file that was not there, or leave no file. No link is followed.

        Raises:
            OSError: it cannot be written; FileExistsError: it is there already.
            ValueError: the path cannot be one.
        """
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), OWNER_ONLY)
        try:
            with open(file, "w", encoding="utf-8", newline="") as stream:
                stream.writelines(lines)
        except BaseException:
            os.unlink(path)
            raise


class DistantFiles(NewFiles):
    """Has another process write them; `ask` sends it a request."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        self._ask = ask

    def write(self, path: str, lines: Iterable[str]) -> None:
        """Have all lines written, as `NewFiles` does; the name must have one of a few endings."""
        number, words = json.loads(self._ask(json.dumps([path, "".join(lines)]).encode()))
        if number:
            raise OSError(number, words)
        if words:
            raise ValueError(words)


def write_on_request(request: bytes) -> bytes:
    """Write a file in the other process, and return the number and the words of what went wrong; 0 and nothing if all
    went well.
    """
    path, text = json.loads(request)
    if not path.lower().endswith(ENDINGS):
        return json.dumps((0, f"its name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")).encode()
    try:
        NewFiles().write(path, [text])
    except OSError as reason:
        return json.dumps((reason.errno, reason.strerror)).encode()
    except ValueError as reason:
        return json.dumps((0, str(reason))).encode()
    return json.dumps((0, "")).encode()
