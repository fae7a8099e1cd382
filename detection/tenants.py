"""Whose account of a SaaS application a request uses, where its host or target tells. Pure.

Sources: the host names and sign-in URLs that the providers document: a tenant in front of the domain, as in
`contoso.slack.com`; Microsoft's identity platform, with a path that begins with the tenant, or with `consumers`; and
the hints of OpenID Connect (`login_hint`, Google's `hd`, Microsoft's `domain_hint`).
"""

import re
from typing import Final

PERSONAL: Final = "personal"
"""Tenant of an account that belongs to no organisation."""

_DOMAINS: Final = (
    "atlassian.net", "box.com", "enterprise.slack.com", "freshdesk.com", "my.salesforce.com", "okta.com",
    "service-now.com", "sharepoint.com", "slack.com", "zendesk.com",
)  # fmt: skip
"""Domains with a tenant in front of them."""
_SERVICES: Final = frozenset(
    {
        "account", "accounts", "admin", "api", "app", "assets", "auth", "cdn", "developer", "developers", "edgeapi",
        "files", "hi", "help", "login", "static", "status", "support", "upload", "wss-primary", "wss-backup", "www",
    }
)  # fmt: skip
"""What is in front of these domains too, and is no tenant."""
_SIDES: Final = re.compile(r"(?:-my|-admin|-public|--.*)$")
"""Ends of a label that name a part of a tenant: OneDrive and administration of SharePoint, sandboxes of Salesforce."""
_PERSONAL_HOSTS: Final = frozenset({"login.live.com", "onedrive.live.com", "outlook.live.com", "api.onedrive.com"})
_MICROSOFT: Final = frozenset({"login.microsoftonline.com", "login.windows.net", "login.microsoft.com"})
_PATH: Final = re.compile(r"/([\w.-]{1,256})/(?:oauth2|saml2|wsfed|reprocess|login|v2\.0)\b")
_ANY: Final = frozenset({"common", "organizations"})
"""In place of a tenant: the user says later whose account it is."""
_HINT: Final = re.compile(
    r"[?&](?:(?:hd|domain_hint)=|(?:login_hint|username)=[^&@%]{0,256}(?:@|%40))([\w.-]{1,256})", re.IGNORECASE
)
_MAIL_FOR_ALL: Final = frozenset(
    {"gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "msn.com", "outlook.com", "yahoo.com"}
)


def tenant(host: str, target: str) -> str:
    """Return the tenant in lower case, PERSONAL, or an empty text if nothing tells. The target may be empty.

    A tenant is a label, as of `contoso.slack.com`, or a domain, as in `hd=contoso.com`.
    """
    if host in _PERSONAL_HOSTS:
        return PERSONAL
    return _in_front(host) or (_at_microsoft(target) if host in _MICROSOFT else "") or _hinted(target)


def _in_front(host: str) -> str:
    domain = next((domain for domain in _DOMAINS if host.endswith(f".{domain}")), None)
    if domain is None:
        return ""
    label = host.removesuffix(f".{domain}").rpartition(".")[2]
    return "" if label in _SERVICES else _SIDES.sub("", label)


def _at_microsoft(target: str) -> str:
    found = _PATH.match(target)
    name = found[1].lower() if found else ""
    return PERSONAL if name == "consumers" else "" if name in _ANY else name


def _hinted(target: str) -> str:
    found = _HINT.search(target)
    name = found[1].lower().strip(".") if found else ""
    return PERSONAL if name in _MAIL_FOR_ALL or name == "consumers" else "" if name in _ANY else name
