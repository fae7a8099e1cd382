"""A process that keeps the rights of the start for two things that the proxy cannot do without them, and nothing else:
reading its certificates again, and removing the folder of the agent's socket.
"""

import shutil
from contextlib import suppress
from functools import partial
from typing import Final

from proxy.certificates import CertificateFiles, Certificates, answer, answered
from run.outside import Outside

_READ: Final = b"read"


class Keeper:
    """The process. It is forked before rights are dropped, and ends with us."""

    def __init__(self, files: CertificateFiles, folder: str | None) -> None:
        """`folder` is removed at the end, if there is one."""
        self._outside = Outside(partial(_do, files, folder))

    def certificates(self) -> Certificates:
        """Return what the files contain now.

        Raises:
            OSError: one cannot be read, or the process has ended.
        """
        return answered(self._outside.ask(_READ))

    def close(self) -> None:
        """Have the folder removed, and wait for the end of the process."""
        with suppress(OSError):
            self._outside.ask(b"")
        self._outside.close()


def _do(files: CertificateFiles, folder: str | None, request: bytes) -> bytes:
    if request == _READ:
        return answer(files)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return b""
