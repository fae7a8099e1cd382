"""Names that are asked for in ways that look like an attack, each with the reason. Pure data and its look-up."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

LOCAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "local": "multicast DNS (RFC 6762), Active Directory, Kubernetes",
        "localhost": "this host (RFC 6761)",
        "localdomain": "default of resolv.conf",
        "lan": "default of home routers",
        "home": "default of home routers",
        "home.arpa": "home networks (RFC 8375)",
        "internal": "private networks, clouds",
        "intranet": "private networks",
        "private": "private networks",
        "corp": "private networks",
        "test": "tests (RFC 6761)",
        "invalid": "never exists (RFC 6761)",
        "onion": "Tor (RFC 7686)",
        "alt": "other name systems (RFC 9476)",
        "arpa": "reverse lookups",
    }
)
"""Suffixes that nobody registers."""

SHARED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "akadns.net": "CDN",
        "akamai.net": "CDN",
        "akamaiedge.net": "CDN",
        "akamaihd.net": "CDN",
        "azureedge.net": "CDN",
        "b-cdn.net": "CDN",
        "cdn77.org": "CDN",
        "cloudflare.net": "CDN",
        "cloudfront.net": "CDN",
        "edgekey.net": "CDN",
        "edgesuite.net": "CDN",
        "fastly.net": "CDN",
        "fbcdn.net": "CDN",
        "googlevideo.com": "CDN: a name for each server",
        "googleusercontent.com": "a name for each user's content",
        "googlesyndication.com": "advertisements: a name for each frame",
        "trafficmanager.net": "load balancer of a cloud",
        "amazonaws.com": "cloud: a name for each customer's resource",
        "azure.com": "cloud",
        "azurewebsites.net": "cloud",
        "cloudapp.net": "cloud",
        "windows.net": "cloud",
        "avast.com": "antivirus: hashes of files",
        "mcafee.com": "antivirus: hashes of files",
        "sophosxl.net": "antivirus: hashes of addresses",
        "e5.sk": "antivirus: hashes of files",
        "esetsoftware.com": "antivirus: hashes of files",
        "trendmicro.com": "antivirus: ratings of addresses",
        "webcfs03.com": "reputation of web sites",
        "cymru.com": "hashes of malware, origin of addresses",
        "spamhaus.org": "block list",
        "spamhaus.net": "block list, with a key of the customer",
        "surbl.org": "block list",
        "uribl.com": "block list",
        "dnswl.org": "list of mail servers",
        "barracudacentral.org": "block list",
        "sorbs.net": "block list",
        "spamcop.net": "block list",
        "senderscore.com": "reputation of mail servers",
        "abuse.ch": "block list",
        "msbl.org": "block list: hashes of addresses",
        "mailspike.net": "block list",
    }
)
"""Suffixes below which one client rightly asks for many long names: their services or their many owners need it."""

ORDINARY_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "_domainkey": "key that signs mail (DKIM)",
        "_dmarc": "policy of a mail domain",
        "_spf": "senders of a mail domain",
        "_report": "reports on mail",
        "_acme-challenge": "certificates",
        "_msdcs": "Active Directory: a number for each controller",
        "_tcp": "services (RFC 2782)",
        "_udp": "services (RFC 2782)",
    }
)
"""Labels of names that are long for a good reason."""

CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "connectivitycheck.gstatic.com": "whether there is a network",
        "connectivity-check.ubuntu.com": "whether there is a network",
        "detectportal.firefox.com": "whether there is a network",
        "captive.apple.com": "whether there is a network",
        "msftconnecttest.com": "whether there is a network",
        "nmcheck.gnome.org": "whether there is a network",
        "digicert.com": "revoked certificates",
        "lencr.org": "revoked certificates",
        "pki.goog": "revoked certificates",
        "sectigo.com": "revoked certificates",
        "debian.org": "packages",
        "archive.ubuntu.com": "packages",
        "security.ubuntu.com": "packages",
        "ctldl.windowsupdate.com": "revoked certificates",
    }
)
"""Hosts that programs ask regularly, each for itself."""


def is_below(name: str, suffixes: Collection[str]) -> bool:
    """Return whether a name in lower case is one of the suffixes or below one."""
    while name:
        if name in suffixes:
            return True
        name = name.partition(".")[2]
    return False


def is_local(name: str) -> bool:
    """Return whether nobody can have registered a name: it has one label, or a local suffix."""
    return "." not in name.strip(".") or is_below(name, LOCAL)
