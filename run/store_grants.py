"""What a run that is locked down may still do to reach a store of many sensors."""

import os
from typing import Final

from capture.lockdown import Grants
from history.address import FOLDER, StoreAddress
from run.lockdown import ANYWHERE, NAMES

CERTIFICATES: Final = ("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates")
"""The certificates that the system trusts."""


def store_grants(address: StoreAddress) -> Grants:
    """Return what the client of a store opens after set-up, when it connects again."""
    if address.kind == FOLDER:
        return Grants(write=(os.path.abspath(address.folder),))  # SQLite makes files beside those that it reads
    files = (address.ca, address.cert, address.key, address.secret_file)
    read = (*NAMES, *CERTIFICATES, *(os.path.abspath(path) for path in files if path))
    return Grants(read=read, families=ANYWHERE, connects=True)
