"""How a collector proves who it is, and optionally demands that sensors prove the same: TLS 1.2 or later."""

import ssl


class CertificateError(ValueError):
    """A certificate cannot be used. The text is one line for the user."""


def server_context(cert: str, key: str, ca: str = "") -> ssl.SSLContext:
    """Return what a server needs: its certificate with the chain, its key, and the authority of the clients if they
    need certificates. The files are read now.

    Raises:
        CertificateError: a file cannot be read, or does not contain what it should.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as reason:
        raise CertificateError(f"{cert} and {key} are not a certificate and its key (PEM)") from reason
    except OSError as reason:
        raise CertificateError(f"cannot read {cert} or {key}: {reason.strerror}") from reason
    except ValueError as reason:
        raise CertificateError(f"{key} has a password; use a key without one, readable by its owner only") from reason
    if ca:
        trust_clients_of(context, ca)
    return context


def trust_clients_of(context: ssl.SSLContext, ca: str) -> None:
    """Demand a certificate of each client, signed by an authority of the file.

    Raises:
        CertificateError: the file cannot be read, or has no certificates.
    """
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as reason:
        raise CertificateError(f"{ca} contains no certificates (PEM)") from reason
    except OSError as reason:
        raise CertificateError(f"cannot read {ca}: {reason.strerror}") from reason
    context.verify_mode = ssl.CERT_REQUIRED


def _no_password() -> str:
    raise ValueError("a password is needed")
