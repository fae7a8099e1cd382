"""Reads the certificates of an output that connects by TLS, before the rights are dropped."""

import os
import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from settings.setting import SettingError

if TYPE_CHECKING:
    from notices.secret_file import OpenSecret


class Certificates(NamedTuple):
    """Files (PEM), empty for none."""

    authorities: str
    """Additional authorities to trust."""
    certificate: str
    """Our own certificate."""
    key: str
    """Its key."""


def secure_context(given: Certificates, prefix: str, open_file: "OpenSecret" = os.open) -> ssl.SSLContext:
    """Return the authorities to trust, with our own certificate if there is one. `open_file` opens the files; `prefix`
    is that of the settings' names.

    Raises:
        SettingError: a file cannot be read, or is none of these.
    """
    from notices.tls import authorities

    certificate, key = f"{prefix}_certificate", f"{prefix}_key"
    if bool(given.certificate) != bool(given.key):
        raise SettingError(f"{certificate} and {key} must both be given")
    with ExitStack() as stack:

        def opened(path: str, name: str) -> str:
            return _opened(stack, open_file, path, name)

        name = f"{prefix}_authorities"
        context = authorities(given.authorities and opened(given.authorities, name), name)
        if given.certificate:
            pair = opened(given.certificate, certificate), opened(given.key, key)
            try:
                context.load_cert_chain(*pair, password="")
            except (OSError, ValueError):
                raise SettingError(f"{certificate} and {key}: not a certificate and its key (PEM)") from None
    return context


def _opened(stack: ExitStack, open_file: "OpenSecret", path: str, name: str) -> str:
    """Open a file with the rights of whoever started the program; return a path at which it is open."""
    try:
        number = open_file(path, os.O_RDONLY)
    except OSError as error:
        raise SettingError(f"{name}: cannot read {path}: {error.strerror}") from None
    stack.callback(os.close, number)
    return f"/dev/fd/{number}"
