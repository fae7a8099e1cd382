"""Volume downloaded per continent."""

from stats.places import continents
from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerContinent:
    """Body bytes of responses per continent of the client."""

    name, title, unit, record = "downloaded_per_continent", "Downloaded by continent", BYTES, Exchange
    columns, amount = ("client",), "response_bytes"

    def __init__(self, country_database: str = "") -> None:
        self._place = continents(country_database)

    def key(self, client: str) -> str:
        """Return the continent's name. Responses without a body do not count."""
        return self._place(client)
