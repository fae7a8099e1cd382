"""Whose certificates are believed."""

import ssl

from notices.errors import NoticeError


def authorities(path: str, origin: str) -> ssl.SSLContext:
    """The system's authorities, those that come with `requests`, and those of a PEM file if one is named.

    Raises:
        NoticeError: that file cannot be read, or has no certificates.
    """
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if path:
        try:
            context.load_verify_locations(path)
        except ssl.SSLError:
            raise NoticeError(f"{origin}: {path} holds no certificates (PEM)") from None
        except OSError as error:
            raise NoticeError(f"{origin}: cannot read {path}: {error.strerror}") from None
    return context
