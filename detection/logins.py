"""Recognises logins in exchanges. Pure."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import marked
from traffic.batch import Table

_LOGIN: Final = re.compile(
    r"(?:^|[/_.-])(?:log-?in|sign-?in|sessions?|auth(?:enticate|orize)?|oauth2?|token|wp-login|xmlrpc)(?:$|[/_.-])",
    re.IGNORECASE,
)
_REFUSALS: Final = (400, 401, 403, 422, 429)
"""What an interface answers to a wrong password, or to too many."""


def logins(table: Table) -> NDArray[np.bool_]:
    """Mark the exchanges whose path is a login."""
    return marked(table.texts("path"), lambda path: _LOGIN.search(path) is not None)


def posts(table: Table) -> NDArray[np.bool_]:
    """Mark the exchanges with the method POST."""
    return marked(table.texts("method"), lambda method: method == "POST")


def failed(table: Table) -> NDArray[np.bool_]:
    """Mark the answers that a wrong password gets: a refusal, or the page with the form again.

    The right one gets a redirection, or something that is no page.
    """
    status = table.numbers("status")
    pages = marked(table.texts("content_type"), lambda media_type: media_type == "text/html")
    refused = np.zeros(len(status), np.bool_)
    for code in _REFUSALS:
        refused |= status == code
    shown: NDArray[np.bool_] = pages & (status == 200)
    return refused | shown
