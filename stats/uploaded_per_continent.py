"""Volume uploaded per continent."""

from stats.places import continents
from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerContinent:
    """Body bytes of requests per continent of the client."""

    name, title, unit, record = "uploaded_per_continent", "Uploaded by continent", BYTES, Exchange
    columns, amount = ("client",), "request_bytes"

    def __init__(self, country_database: str = "") -> None:
        self._place = continents(country_database)

    def key(self, client: str) -> str:
        """Return the continent's name. Requests without a body do not count."""
        return self._place(client)
