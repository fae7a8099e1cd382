"""Brings the values of feeds into the form in which the traffic has them. Pure."""

import codecs
import re
from typing import Final

from detection.intelligence.addresses import address_of, network_of
from detection.intelligence.indicator import Indicator, Kind

_DEFANGED: Final = re.compile(r"[\[({]\s*(\.|dot|://|:|/|@|at)\s*[\])}]", re.IGNORECASE)
_SCHEME: Final = re.compile(r"h(?:xx|tt|\*\*|XX)p(s?)(?:://|:\\\\|__)", re.IGNORECASE)
_DOMAIN: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_URL: Final = re.compile(
    r"(?:(https?)://)?(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[^/?#:@]+)(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?", re.IGNORECASE
)
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")
_JA4: Final = re.compile(r"[tqd][0-9s][0-9][di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}")
_DIGITS: Final = {32: Kind.FILE, 40: Kind.FILE, 64: Kind.FILE, 128: Kind.FILE}
"""Lengths of MD5, SHA-1, SHA-256 and SHA-512 in hexadecimal digits."""
_LENGTHS: Final = {Kind.JA3: (32,), Kind.CERTIFICATE: (32, 40, 64), Kind.FILE: tuple(_DIGITS)}
_PORTS: Final = {"http": "80", "https": "443"}
_LONGEST_NAME: Final = 253
_to_idna: Final = codecs.getencoder("idna")
"""Looked up at the start, because Python may not find its own modules after the program has dropped privileges."""


def refanged(text: str) -> str:
    """Undo what people do to addresses so that nobody clicks on them: `hxxp://a[.]example(dot)com`."""
    if "[" in text or "(" in text or "{" in text:
        text = _DEFANGED.sub(lambda found: {"dot": ".", "at": "@"}.get(found[1].lower(), found[1]), text)
    if text[:1] in "hH" and text[1:3] in ("xx", "XX", "**"):
        text = _SCHEME.sub(r"http\1://", text, count=1)
    return text


def normal(indicator: Indicator) -> Indicator | None:
    """Return an indicator in the form of the traffic; None if its value is none of its kind."""
    if indicator.kind is None:
        found = classified(indicator.value.strip())
        return None if found is None else indicator._replace(kind=found[0], value=found[1])
    kind, value = indicator.kind, refanged(indicator.value.strip())
    if kind is Kind.DOMAIN and address_of(value):  # feeds of host names have addresses, too
        kind = Kind.ADDRESS
    if kind in (Kind.ADDRESS, Kind.NETWORK):
        value = network_of(value) if "/" in value else address_of(value)
        kind = Kind.NETWORK if "/" in value else Kind.ADDRESS
    elif kind is Kind.DOMAIN:
        value = domain_of(value)
    elif kind is Kind.URL:
        value = url_of(value)
    else:
        value = _fingerprint(kind, value)
    return indicator._replace(kind=kind, value=value) if value else None


def classified(text: str) -> tuple[Kind, str] | None:
    """Return the kind of a text without one, and its form in the traffic; None if it is no indicator."""
    text = refanged(text)
    if "/" in text:
        network = network_of(text) if text[:1].isdigit() or ":" in text[:5] else ""
        if network:
            return (Kind.NETWORK if "/" in network else Kind.ADDRESS), network
        url = url_of(text) if "." in text or "[" in text else ""
        return (Kind.URL, url) if url else None
    address = address_of(text)
    if address:
        return Kind.ADDRESS, address
    if "." in text:
        name = domain_of(text)
        return (Kind.DOMAIN, name) if "." in name else None
    kind = Kind.JA4 if "_" in text else _DIGITS.get(len(text))
    value = _fingerprint(kind, text) if kind is not None else ""
    return (kind, value) if kind is not None and value else None


def domain_of(text: str) -> str:
    """Return a domain in lower case and ASCII, without port, final dot and wildcard; empty if it is none.

    A domain stands for all names below it anyway, so `*.example.com` is `example.com`.
    """
    name = text.lower().rstrip(".").removeprefix("*").lstrip(".")
    if ":" in name:
        name, _, port = name.partition(":")
        if not port.isdigit():
            return ""
    if not name.isascii():
        name = ascii_name(name)
    if len(name) > _LONGEST_NAME or not _DOMAIN.fullmatch(name):
        return ""
    return "" if name[name.rfind(".") + 1 :].isdigit() else name


def tail_of(name: str) -> str:
    """Return the last two labels of a name: no domain above it is listed if none with these is."""
    return name[name.rfind(".", 0, max(name.rfind("."), 0)) + 1 :]


def ascii_name(name: str) -> str:
    """Return a name with its international labels as `xn--` (RFC 3490); empty if that is not possible."""
    try:
        return _to_idna(name[: 2 * _LONGEST_NAME])[0].decode("ascii").lower()
    except UnicodeError:
        return ""


def url_of(text: str) -> str:
    """Return a URL without scheme, user, default port and fragment, as in `example.com/a?b`; empty if it is none."""
    found = _URL.fullmatch(text)
    if found is None:
        return ""
    scheme, host, port, path = found.groups()
    host = address_of(host) or domain_of(host)
    if not host:
        return ""
    port = "" if port in (None, _PORTS[(scheme or "http").lower()]) else f":{port}"
    path = path or "/"
    host = f"[{host}]" if ":" in host else host
    return f"{host}{port}{path if path.startswith('/') else '/' + path}"


def host_of_url(url: str) -> str:
    """Return the host of a URL in the form of `url_of`."""
    if url.startswith("["):
        return url[1:].partition("]")[0]
    return url.partition("/")[0].partition(":")[0]


def _fingerprint(kind: Kind, text: str) -> str:
    value = text.lower()
    if kind is Kind.JA4:
        return value if _JA4.fullmatch(value) else ""
    value = value.replace(":", "")
    return value if len(value) in _LENGTHS[kind] and _HEXADECIMAL.fullmatch(value) else ""
