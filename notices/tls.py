"""Loads the certificate authorities to trust."""

import ssl

from notices.errors import NoticeError


def authorities(path: str, origin: str) -> ssl.SSLContext:
    """Return the system's authorities, those of `requests`, and those of the PEM file, if one is named.

    Raises:
        NoticeError: the file cannot be read, or contains no certificates.
    """
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if path:
        try:
            context.load_verify_locations(path)
        except ssl.SSLError:
            raise NoticeError(f"{origin}: {path} contains no certificates (PEM)") from None
        except OSError as error:
            raise NoticeError(f"{origin}: cannot read {path}: {error.strerror}") from None
    return context
